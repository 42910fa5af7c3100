// What programs tell of runs that go on, joined to the traces that are analyzed: of some no span has ended yet.
import { type LiveFact, recognizeLog } from '../recognize/recognize-log.ts'
import type { LeanTrace } from '../store/lean-spans.ts'
import type { LiveRecord } from '../store/read-live-runs.ts'
import { type TraceRef, traceKey } from '../store/touched-traces.ts'

/** By trace. */
export type LiveFacts = Map<string, LiveFact[]>

const factOf = ({ log, heardUnixNano }: LiveRecord): LiveFact[] => {
  const fact = recognizeLog(log)
  return fact?.kind === 'live' ? [{ ...fact, heardUnixNano }] : []
}

export const factsOfLive = (records: ReadonlyMap<string, readonly LiveRecord[]>): LiveFacts =>
  new Map([...records].map(([key, ofTrace]) => [key, ofTrace.flatMap(factOf)] as const).filter(([, facts]) => facts.length > 0))

const runIdsOf = (facts: readonly LiveFact[]): string[] => facts.map(({ span }) => span.runId).filter((runId) => runId !== '')

const withRunIds = (trace: LeanTrace, facts: readonly LiveFact[] | undefined): LeanTrace =>
  facts ? { ...trace, runIds: new Set([...trace.runIds, ...runIdsOf(facts)]) } : trace

const NONE: ReadonlySet<string> = new Set()

const withoutSpans = ({ project, traceId }: TraceRef, facts: readonly LiveFact[]): LeanTrace => ({
  ...{ project, traceId, spanCount: 0, runIds: new Set(runIdsOf(facts)), sessionIds: NONE, waits: false },
  spans: () => [],
})

/** @param asked all that were looked for */
export const withLiveRuns = (read: readonly LeanTrace[], asked: readonly TraceRef[], live: LiveFacts): LeanTrace[] => {
  const found = new Set(read.map(traceKey))
  const others = asked.filter((trace) => !found.has(traceKey(trace)))
  return [
    ...read.map((trace) => withRunIds(trace, live.get(traceKey(trace)))),
    ...others.flatMap((trace) => {
      const facts = live.get(traceKey(trace))
      return facts ? [withoutSpans(trace, facts)] : []
    }),
  ]
}
