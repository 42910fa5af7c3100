// Runs a program with the SDK through the real exporter, and answers what recognition and analysis make of its spans.
import type { Run } from '@seamtrace/schema'
import { start } from '@seamtrace/sdk'
import { analyze } from '../../collector/src/analyze/analyze.ts'
import { decodeTraces } from '../../collector/src/decode/decode-traces.ts'
import { recognize } from '../../collector/src/recognize/recognize.ts'
import { startRecorder } from '../emitters/recorder.ts'

// by then an open run counts as lost, as it does for a file that is analyzed later
const TWO_HOURS = 7_200_000_000_000n

/** Errors of the program are its own matter: what is asked for is what was told of it. */
export const runsOf = async (program: () => Promise<unknown>): Promise<Run[]> => {
  const recorder = await startRecorder()
  const seamtrace = start({ service: 'scenario', endpoint: recorder.url, spool: 'off' })
  try {
    await program().catch(() => undefined)
    await seamtrace.shutdown()
    const { spans } = decodeTraces(recorder.take().traces, 'protobuf')
    const last = spans.reduce((latest, { endTimeUnixNano }) => (endTimeUnixNano > latest ? endTimeUnixNano : latest), 0n)
    return analyze(
      spans.map((span) => recognize(span)),
      { nowUnixNano: last + TWO_HOURS },
    ).map(({ run }) => run)
  } finally {
    await recorder.close()
  }
}

/** The only run. */
export const runOf = async (program: () => Promise<unknown>): Promise<Run> => {
  const [run, ...more] = await runsOf(program)
  if (run === undefined || more.length > 0) throw new Error(`cannot look at one run: there are ${more.length + (run ? 1 : 0)}`)
  return run
}

/** What went wrong with which call, and how often it was tried. */
export const callsOf = (run: Run): string[] =>
  run.calls.map(({ type, name, outcome, attempts }) => `${type} ${name} ${outcome} ×${attempts.length}`)
