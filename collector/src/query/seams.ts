// GET /seams: where work passes between units, the seams that most failed runs are charged to first.
import type { EndpointQuery, EndpointResponse, Layer, SeamKind, SeamSummary } from '@seamtrace/schema'
import { readRows } from '../store/read.ts'
import { countGaps, groupBy, sumRuns } from './rate.ts'
import { NOT_OTHER, RUNS_OF_WINDOW, windowParams } from './runs-of-window.ts'
import type { Scope } from './scope.ts'

type SeamKey = { pipeline: string; seam: string; kind: SeamKind }
type Crossings = SeamKey & { from: string; to: string; layer: Layer; runs: number; crossings: number; recovered: number }
/** Charged runs of one seam with one cause. `newest` is [−end in ns, run id], the newest first. */
type Charges = SeamKey & {
  layer: Layer
  gap: string
  failureKind: string
  runs: number
  certainRuns: number
  wastedUsd: number
  message: string
  newest: [negativeEnd: number, runId: string][]
}
type Finished = { pipeline: string; runs: number }

const EXAMPLES = 3

// A run has one entry a seam, so that rows are runs: counting distinct ids took three times as long.
const CROSSINGS = `
SELECT
  pipeline, seams.seam AS seam, seams.kind AS kind,
  any(seams.source) AS \`from\`, any(seams.target) AS \`to\`, argMax(seams.layer, end_time) AS layer,
  count() AS runs, sum(seams.crossings) AS crossings, sum(seams.recovered) AS recovered
FROM runs FINAL
ARRAY JOIN seams
WHERE ${RUNS_OF_WINDOW} AND ${NOT_OTHER}
GROUP BY pipeline, seam, kind`

const CHARGES = `
SELECT
  pipeline, attributed_seam AS seam, attributed_seam_kind AS kind, attributed_layer AS layer, attributed_gap AS gap,
  attributed_kind AS failureKind,
  count() AS runs, countIf(attributed_certain) AS certainRuns, sum(wasted_usd) AS wastedUsd,
  argMax(attributed_message, (end_time, run_id)) AS message,
  groupArraySorted(${EXAMPLES})((-toUnixTimestamp64Nano(end_time), run_id)) AS newest
FROM runs FINAL
WHERE ${RUNS_OF_WINDOW} AND ${NOT_OTHER} AND outcome = 'failure' AND attributed_seam != ''
GROUP BY pipeline, seam, kind, layer, gap, failureKind`

const FINISHED = `
SELECT pipeline, count() AS runs
FROM runs FINAL
WHERE ${RUNS_OF_WINDOW} AND ${NOT_OTHER} AND outcome IN ('success', 'failure')
GROUP BY pipeline`

export const seams = async (scope: Scope, query: EndpointQuery<'seams'>): Promise<EndpointResponse<'seams'>> => {
  const params = windowParams(scope, query)
  const [crossings, charges, finished] = await Promise.all([
    readRows<Crossings>(scope.store, CROSSINGS, params),
    readRows<Charges>(scope.store, CHARGES, params),
    readRows<Finished>(scope.store, FINISHED, params),
  ])
  const finishedOf = new Map(finished.map(({ pipeline, runs }) => [pipeline, runs]))
  const crossed = new Map(crossings.map((row) => [keyOf(row), row]))
  const charged = groupBy(charges, keyOf)
  const items = [...new Set([...crossed.keys(), ...charged.keys()])].flatMap((key) => {
    const causes = charged.get(key) ?? []
    const crossing = crossed.get(key) ?? crossingOf(causes)
    return crossing ? [summaryOf(crossing, causes, finishedOf.get(crossing.pipeline) ?? 0)] : []
  })
  return { items: items.sort(mostChargedFirst).slice(0, query.limit), nextCursor: null }
}

const keyOf = ({ pipeline, seam, kind }: SeamKey): string => JSON.stringify([pipeline, seam, kind])

/** A charged seam whose crossing was not recorded: each charged run came to it at least once. */
const crossingOf = (causes: readonly Charges[]): Crossings | undefined => {
  const [first] = causes
  if (!first) return undefined
  const [from = '', ...rest] = first.seam.split('→')
  const { pipeline, seam, kind, layer } = first
  return { pipeline, seam, kind, from, to: rest.join('→'), layer, runs: sumRuns(causes), crossings: sumRuns(causes), recovered: 0 }
}

const summaryOf = (crossing: Crossings, causes: readonly Charges[], finished: number): SeamSummary => {
  const chargedRuns = sumRuns(causes)
  const top = topCauseOf(causes)
  return {
    ...crossing,
    chargedRuns,
    share: finished === 0 ? 0 : chargedRuns / finished,
    gaps: countGaps(causes),
    topKind: top?.failureKind ?? '',
    topMessage: top?.message ?? '',
    certainRuns: causes.reduce((sum, cause) => sum + cause.certainRuns, 0),
    wastedUsd: causes.reduce((sum, cause) => sum + cause.wastedUsd, 0),
    exampleRunIds: causes
      .flatMap((cause) => cause.newest)
      .sort(newestFirst)
      .slice(0, EXAMPLES)
      .map(([, runId]) => runId),
  }
}

const topCauseOf = (causes: readonly Charges[]): Charges | undefined =>
  [...causes].sort((a, b) => b.runs - a.runs || compare(a.failureKind, b.failureKind))[0]

const newestFirst = (a: Charges['newest'][number], b: Charges['newest'][number]): number => a[0] - b[0] || compare(a[1], b[1])

const mostChargedFirst = (a: SeamSummary, b: SeamSummary): number =>
  b.chargedRuns - a.chargedRuns || b.runs - a.runs || compare(keyOf(a), keyOf(b))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
