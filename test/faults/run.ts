// Runs labelled programs one after another through the real exporter, and says what Seamtrace makes of each.
import type { Run } from '@seamtrace/schema'
import { type Started, start } from '@seamtrace/sdk'
import { analyze } from '../../collector/src/analyze/analyze.ts'
import { decodeTraces } from '../../collector/src/decode/decode-traces.ts'
import { recognize } from '../../collector/src/recognize/recognize.ts'
import { type Recorder, startRecorder } from '../emitters/recorder.ts'
import { FAULTS } from './faults.ts'
import { type Verdict, verdictOf } from './judge.ts'
import { PIPELINES, type Pipelines } from './pipelines.ts'
import { type Fault, type LabelledRun, type PipelineName, truthOf } from './truth.ts'
import { arranged, drawRun, type VocabularyName } from './vocabulary.ts'
import { createWorld, type World } from './world.ts'

export type Judged = { label: LabelledRun; runs: Run[] }

// by then an open run counts as lost, as it does for a file that is analyzed later
const TWO_HOURS = 7_200_000_000_000n

const answerTo = (bytes: Buffer): Run[] => {
  const { spans, rejected } = decodeTraces(bytes, 'protobuf')
  if (rejected.length > 0) throw new Error(`cannot judge a run: ${rejected.map(({ reason }) => reason).join(', ')}`)
  const last = spans.reduce((latest, { endTimeUnixNano }) => (endTimeUnixNano > latest ? endTimeUnixNano : latest), 0n)
  return analyze(
    spans.map((span) => recognize(span)),
    { nowUnixNano: last + TWO_HOURS },
  ).map(({ run }) => run)
}

const hasRoot = (bytes: Buffer): boolean => decodeTraces(bytes, 'protobuf').spans.some(({ parentSpanId }) => parentSpanId === '')

const MOST_FLUSHES = 500

/** All that came until the root did: a run that the caller left ends a little later than its promise. */
const spansOf = async (recorder: Recorder, seamtrace: Started, ends: boolean): Promise<Buffer> => {
  const isWhole = (bytes: Buffer): boolean => hasRoot(bytes) || !ends
  let bytes: Buffer = Buffer.alloc(0)
  for (let left = MOST_FLUSHES; left > 0; left--) {
    await seamtrace.flush()
    bytes = Buffer.concat([bytes, recorder.take().traces])
    if (isWhole(bytes)) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return bytes
}

type Stage = { world: World; recorder: Recorder; seamtrace: Started; pipelines: Pipelines }

/** Frameworks whose steps are agents, which have no place for a layer. */
const AGENTS: ReadonlySet<PipelineName> = new Set(['ai-sdk', 'openai-agents'])

const runOne = async (
  { world, recorder, seamtrace, pipelines }: Stage,
  fault: Fault,
  vocabulary: VocabularyName,
  seed: number,
): Promise<Judged> => {
  const drawn = arranged(drawRun(vocabulary, seed, AGENTS.has(fault.pipeline)), fault)
  const label: LabelledRun = { ...fault, seed, vocabulary, truth: truthOf(fault, drawn) }
  const { job, died } = world.begin(fault, drawn)
  const run = pipelines[fault.pipeline]
  if (!run) throw new Error(`cannot run ${fault.pipeline}: there is no such pipeline`)
  const ended = run(job).then(
    () => null,
    (error: unknown) => error ?? 'nothing',
  )
  const failed = await Promise.race([ended, died])
  const bytes = await spansOf(recorder, seamtrace, fault.how !== 'killed')
  assertInjected(label, failed ?? null)
  return { label, runs: answerTo(bytes) }
}

/** A program that does not do what its label says is no test of anything. */
const assertInjected = ({ pipeline, role, how, truth }: LabelledRun, failed: unknown): void => {
  const name = `${pipeline} ${role} ${how}`
  if (truth.failure && !failed && !SILENT.has(how)) throw new Error(`cannot judge ${name}: it was to fail, and did not`)
  if (truth.outcome === 'success' && failed) throw new Error(`cannot judge ${name}: it was to end well, and did not`, { cause: failed })
}

/** Runs that end without an error, but with a wrong result. */
const SILENT: ReadonlySet<string> = new Set(['swallowed', 'empty_and_used', 'read_stale', 'done_twice', 'asked_again', 'wrong_way'])

/** Disjoint too: what is drawn by a seed in one vocabulary says nothing about the other. */
const SEEDS: Record<VocabularyName, readonly number[]> = { development: [1, 2], 'hold-out': [101, 102] }

/** Who watches what. */
export type View = { pipelines: Pipelines; faults: readonly Fault[]; seeds: Record<VocabularyName, readonly number[]> }

type Told = Record<VocabularyName, Verdict[]>

/**
 * Every fault with each seed of the vocabularies. Once in a process: the tracers of frameworks stay with the provider that they found
 * first.
 * @param only faults whose description holds the text
 */
export const judgeAll = async (
  vocabularies: readonly VocabularyName[],
  only = '',
  { pipelines, faults, seeds }: View = { pipelines: PIPELINES, faults: FAULTS, seeds: SEEDS },
): Promise<Told> => {
  const recorder = await startRecorder()
  const world = await createWorld()
  const seamtrace = start({ service: 'faults', endpoint: recorder.url })
  const told: Told = { development: [], 'hold-out': [] }
  try {
    for (const vocabulary of vocabularies)
      for (const fault of faults.filter(({ pipeline, role, how }) => `${pipeline} ${role} ${how}`.includes(only)))
        for (const seed of seeds[vocabulary])
          told[vocabulary].push(verdictOf(await runOne({ world, recorder, seamtrace, pipelines }, fault, vocabulary, seed)))
  } finally {
    await seamtrace.shutdown()
    await world.close()
    await recorder.close()
  }
  return told
}
