// Runs programs of the emitters with an adapter of the SDK: real library, fake vendor, real exporter; the answer is made in memory.
import type { Run } from '@seamtrace/schema'
import { type Started, start } from '@seamtrace/sdk'
import { analyze } from '../../collector/src/analyze/analyze.ts'
import { decodeTraces } from '../../collector/src/decode/decode-traces.ts'
import { recognize } from '../../collector/src/recognize/recognize.ts'
import type { FakeServer } from '../../examples/src/fakes/http-server.ts'
import { type Difference, differences } from '../emitters/compare.ts'
import { serveModelVendors } from '../emitters/fakes/model-vendors.ts'
import type { Served } from '../emitters/fakes/script.ts'
import type { Happened } from '../emitters/programs/js/frame.ts'
import { startRecorder } from '../emitters/recorder.ts'

export interface Stage {
  readonly modelUrl: string
  /** where other processes send their spans */
  readonly recorderUrl: string
  /** what is told of what the program does */
  runsOf(program: () => Promise<unknown>): Promise<Run[]>
  /** where the answer differs from what the scenario says that it did */
  differencesOf(scenario: () => Promise<Happened>): Promise<Difference[]>
  close(): Promise<void>
}

const toldOf = (bytes: Buffer): Run[] => {
  const { spans, rejected } = decodeTraces(bytes, 'protobuf')
  if (rejected.length > 0) throw new Error(`cannot judge a run: ${rejected.map(({ reason }) => reason).join(', ')}`)
  const last = spans.reduce((latest, { endTimeUnixNano }) => (endTimeUnixNano > latest ? endTimeUnixNano : latest), 0n)
  return analyze(
    spans.map((span) => recognize(span)),
    { nowUnixNano: last },
  ).map(({ run }) => run)
}

/** Once in a process, before the scenarios are imported: they read the address of the model from the environment. */
export const openStage = async (service: string): Promise<Stage> => {
  const fake: FakeServer = await serveModelVendors()
  process.env.MODEL_URL = fake.url
  const recorder = await startRecorder()
  const seamtrace: Started = start({ service, endpoint: recorder.url })
  const { trueRun } = await import('../emitters/programs/js/frame.ts')
  const answer = async (): Promise<Run[]> => {
    await seamtrace.flush()
    return toldOf(recorder.take().traces)
  }
  return {
    modelUrl: fake.url,
    recorderUrl: recorder.url,
    async runsOf(program) {
      await program()
      return answer()
    },
    async differencesOf(scenario) {
      const { story, runs } = await scenario()
      const served = (await (await fetch(`${fake.url}/served`)).json()) as Served
      const truth = { emitter: service, version: '', scenario: 'happy_path' as const, instrumentation: [], story }
      return differences({ ...truth, runs: runs.map((told) => trueRun(told, served)) }, await answer())
    },
    async close() {
      await seamtrace.shutdown()
      await recorder.close()
      await fake.close()
    },
  }
}
