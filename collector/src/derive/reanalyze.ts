// Recognizes stored spans anew after a change of rules, and has runs priced anew after a change of prices, a batch at a time: whoever asks
// goes on from where the last batch ended.
import { type Reanalyzed, type RecognizedSpan, SeamtraceError, type Span } from '@seamtrace/schema'
import {
  createReplacements,
  nextOldMinute,
  type OldPlace,
  type OldSpans,
  oldPlaces,
  type Place,
  spansAt,
  touchTraces,
} from '../store/old-spans.ts'
import type { Store } from '../store/open.ts'
import { pricesChangedMs } from '../store/price-rows.ts'
import { runsMadeBetween, storedRuns } from '../store/runs-of-traces.ts'
import { engineNowMs } from '../store/touched-traces.ts'

export type ReanalyzeContext = {
  store: Pick<Store, 'client' | 'insertFolder'>
  recognize: (span: Span) => RecognizedSpan
  rulesVersion: number
  retentionMs: number
  /** told when traces are to be analyzed again */
  onTouched?: (() => void) | undefined
}

// Finding them costs the store the same for many as for few …
const MOST_SPANS = 2_000
// … and reading and recognizing so many takes the process that answers requests some 50 ms.
const AT_ONCE = 500
const FLUSH_BYTES = 8 * 1024 * 1024
// A minute that was done keeps its older copies until they are merged away, and is passed over.
const MOST_MINUTES = 50

const ZERO = { traceId: '0'.repeat(32), spanId: '0'.repeat(16) }

const placeOf = (cursor: string): Place => {
  const [minute = '', traceId = '', spanId = ''] = cursor.split('-')
  return cursor === '' ? { minute: 0, ...ZERO } : { minute: Number(minute), traceId, spanId }
}
const cursorOf = ({ minute, traceId, spanId }: Place): string => `${minute}-${traceId}-${spanId}`

/** The next old spans, of one minute; or where to go on looking; or null when there are none. */
const findNext = async ({ store }: ReanalyzeContext, old: OldSpans, after: Place): Promise<OldPlace[] | Place | null> => {
  let from = after
  for (let minutes = 0; minutes < MOST_MINUTES; minutes++) {
    const minute = await nextOldMinute(store, old, from.minute)
    if (minute === null) return null
    if (minute > from.minute) from = { minute, ...ZERO }
    const places = await oldPlaces(store, old, from, MOST_SPANS)
    if (places.length > 0) return places
    from = { minute: minute + 60, ...ZERO }
  }
  return from
}

/** Traces of runs that were analyzed so long ago that some of their spans have expired. */
const frozenTraces = async ({ store }: ReanalyzeContext, old: OldSpans, places: readonly OldPlace[]): Promise<Set<string>> => {
  const { project, arrivedSinceMs } = old
  const traces = tracesOf(places).map((traceId) => ({ project, traceId }))
  const own = [...new Set(places.map(({ runId }) => runId))].filter(Boolean).map((runId) => ({ project, runId }))
  const runs = await storedRuns(store, traces, own, places[0]?.minute ?? 0)
  return new Set(runs.filter(({ versionMs }) => versionMs < arrivedSinceMs).flatMap(({ traceIds }) => traceIds))
}

const tracesOf = (places: readonly Place[]): string[] => [...new Set(places.map(({ traceId }) => traceId))]

/** Of spans with large bodies fewer are taken at once. */
const readSome = async ({ store }: ReanalyzeContext, project: string, places: readonly Place[]) => {
  for (let some = places; ; some = some.slice(0, Math.ceil(some.length / 4))) {
    try {
      return { taken: some, spans: await spansAt(store, project, some) }
    } catch (error) {
      if (some.length === 1 || !(error instanceof SeamtraceError)) throw error
    }
  }
}

/** Has their traces looked at once they are replaced; and before, so that a crash between the two leaves no trace unseen. */
const replaceAll = async (context: ReanalyzeContext, project: string, places: readonly Place[]): Promise<void> => {
  const { store, recognize } = context
  if (places.length === 0) return
  const rows = createReplacements(project)
  await touchTraces(store, project, tracesOf(places))
  for (let from = 0; from < places.length; ) {
    const { taken, spans } = await readSome(context, project, places.slice(from, from + AT_ONCE))
    for (const { span, insertedMs } of spans) rows.add(recognize(span), insertedMs)
    if (rows.bytes() > FLUSH_BYTES) await rows.flush(store)
    from += taken.length
  }
  await rows.flush(store)
  await touchTraces(store, project, tracesOf(places))
}

const RUNS_AT_ONCE = 1_000
const OF_PRICES = 'prices-'
// The analysis knows a price this late at the most (derive/prices.ts), and reads for some seconds.
const PRICE_MARGIN_MS = 10_000

/** Has the next runs analyzed again that were made before the project's prices changed; nothing of their spans has to be written. */
const repriceBatch = async (context: ReanalyzeContext, project: string, after: string, arrivedSinceMs: number): Promise<Reanalyzed> => {
  const { store } = context
  const changedMs = await pricesChangedMs(store, project)
  const none = { spans: 0, runs: 0, frozenSpans: 0, next: null }
  if (changedMs === 0) return none
  const made = { fromMs: arrivedSinceMs, toMs: changedMs + PRICE_MARGIN_MS, after }
  const runs = await runsMadeBetween(store, project, made, RUNS_AT_ONCE)
  const last = runs.at(-1)
  if (!last) return none
  await touchTraces(store, project, [...new Set(runs.flatMap(({ traceIds }) => traceIds))])
  context.onTouched?.()
  return { ...none, runs: runs.length, next: runs.length < RUNS_AT_ONCE ? null : `${OF_PRICES}${last.runId}` }
}

/**
 * Takes the next spans of a project that older rules recognized, and then the runs that older prices priced. Done again from any place it
 * does no harm and finds what is left.
 * @param cursor `next` of the batch before, '' at the beginning
 */
export const reanalyzeBatch = async (context: ReanalyzeContext, project: string, cursor: string): Promise<Reanalyzed> => {
  const { store, rulesVersion, retentionMs } = context
  const old = { project, rulesVersion, arrivedSinceMs: Math.max(0, (await engineNowMs(store)) - retentionMs) }
  if (cursor.startsWith(OF_PRICES)) return repriceBatch(context, project, cursor.slice(OF_PRICES.length), old.arrivedSinceMs)
  const found = await findNext(context, old, placeOf(cursor))
  if (found === null) return repriceBatch(context, project, '', old.arrivedSinceMs)
  if (!Array.isArray(found)) return { spans: 0, runs: 0, frozenSpans: 0, next: cursorOf(found) }
  const frozen = await frozenTraces(context, old, found)
  const live = found.filter(({ traceId }) => !frozen.has(traceId))
  await replaceAll(context, project, live)
  if (live.length > 0) context.onTouched?.()
  return { spans: live.length, runs: 0, frozenSpans: found.length - live.length, next: cursorOf(found.at(-1) as Place) }
}
