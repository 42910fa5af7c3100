// A batch of touched traces: their spans, with all traces of their runs → analysis → runs that replace what was stored.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type LogRecord, messageOf, SeamtraceError } from '@seamtrace/schema'
import { type AnalyzedRun, analyze } from '../analyze/analyze.ts'
import { ANALYZED_KEYS } from '../analyze/analyzed-keys.ts'
import { PRICED_KEYS } from '../recognize/project-cost.ts'
import { LONGEST_VALUE_BYTES, type LogFact, recognizeLog } from '../recognize/recognize-log.ts'
import type { LeanTrace } from '../store/lean-spans.ts'
import { isOutage } from '../store/outage.ts'
import { readLeanTraces } from '../store/read-lean-traces.ts'
import { readLiveRuns } from '../store/read-live-runs.ts'
import { readTellingLogs } from '../store/read-telling-logs.ts'
import { createRunRows, type RunRows } from '../store/runs.ts'
import { sessionKey } from '../store/runs-of-sessions.ts'
import { type RunRef, type StoredRun, storedRuns, tracesOfRuns } from '../store/runs-of-traces.ts'
import { engineNowMs, type Reader, rangesOfTraces, type TraceRange, type TraceRef, traceKey } from '../store/touched-traces.ts'
import { groupTraces } from './group-traces.ts'
import { factsOfLive, type LiveFacts, withLiveRuns } from './live-traces.ts'
import type { PriceSource } from './prices.ts'
import { openThreads, partnersOf, tracesOfPartners } from './threads.ts'

export type DeriveLog = { info(message: string): void; warn(message: string): void }
export type DeriveContext = {
  store: Reader
  log: DeriveLog
  disabledRules: ReadonlySet<string>
  /** for how long spans are kept after their arrival */
  retentionMs: number
  /** whether others may analyze the same traces at the same time */
  shared: boolean
  /** that projects set; none where it is left out */
  prices?: PriceSource
  /** told of each trace when a run of it turns by itself, if one does */
  onRecheck?(trace: TraceRef, atMs: number | undefined): void
  /** told of spans that came when others of their run had expired */
  onLate(project: string, spans: number): void
}

export type ReadContext = Pick<DeriveContext, 'store' | 'retentionMs' | 'prices'>

/** All that the analysis of a batch needs. */
export type ReadBatch = {
  asked: ReadonlySet<string>
  /** those and what was looked for beside them, also where nothing was left of it */
  sought: ReadonlySet<string>
  /** traces that belong together: one, or all those of runs that are spread over several */
  groups: LeanTrace[][]
  /** records that may tell of their spans, by trace */
  logs: ReadonlyMap<string, LogRecord[]>
  /** what is told of runs that go on, by trace */
  live: LiveFacts
  /** that their projects set */
  prices: Awaited<ReturnType<PriceSource>>
  /** runs that are stored of them */
  stored: StoredRun[]
  /** runs with ids of their own that the traces name */
  own: RunRef[]
  /** seconds: no span of these traces began earlier */
  since: number
  /** a time before the reading: a look that read less must not win over one that read more */
  versionMs: number
  spans: number
}

const OF_BATCH = { spans: 150_000, bytes: 64 * 1024 * 1024 }
// One trace cannot be halved: it gets more, and beyond that it is put off.
const OF_TRACE = { spans: 200_000, bytes: 192 * 1024 * 1024 }
// Rows of runs wait until the batch is done, or until they come to this.
const FLUSH_BYTES = 16 * 1024 * 1024
// The thread reads the next batch meanwhile, and may be told to stop.
const TURN_MS = 20
const NANOS_A_SECOND = 1_000_000_000n

// What a price may depend on is read only where there are prices.
const KEYS_WITH_PRICES = { ...ANALYZED_KEYS, whole: [...new Set([...ANALYZED_KEYS.whole, ...PRICED_KEYS])] }
const NO_PRICES: ReadBatch['prices'] = new Map()

const runKey = ({ project, runId }: RunRef): string => `${project}\u0000${runId}`

const ownRuns = (traces: readonly LeanTrace[]): RunRef[] => [
  ...new Map(
    traces.flatMap(({ project, runIds }) => Array.from(runIds, (runId) => [runKey({ project, runId }), { project, runId }])),
  ).values(),
]

const firstOf = (ranges: readonly TraceRange[]): number =>
  ranges.reduce((first, { firstKeyTime }) => Math.min(first, firstKeyTime), Number.MAX_SAFE_INTEGER)

const firstOfLive = (live: LiveFacts): number =>
  [...live.values()]
    .flat()
    .reduce((first, { span }) => Math.min(first, Number(span.startTimeUnixNano / NANOS_A_SECOND)), Number.MAX_SAFE_INTEGER)

export const readBatch = async ({ store, retentionMs, prices: source }: ReadContext, traces: readonly TraceRef[]): Promise<ReadBatch> => {
  const budget = { ...(traces.length > 1 ? OF_BATCH : OF_TRACE) }
  const asked = new Set(traces.map(traceKey))
  const { ranges, nowMs } = await rangesOfTraces(store, traces)
  const prices = source ? await source() : NO_PRICES
  const keys = traces.some(({ project }) => prices.has(project)) ? KEYS_WITH_PRICES : ANALYZED_KEYS
  const live: LiveFacts = factsOfLive(await readLiveRuns(store, ranges))
  const read = withLiveRuns(await readLeanTraces(store, ranges, keys, budget), ranges, live)
  const own = ownRuns(read)
  const partners = await partnersOf(store, read, firstOf(ranges), nowMs - retentionMs)
  const ofRuns = own.length === 0 ? [] : await tracesOfRuns(store, own)
  const others = [...ofRuns, ...tracesOfPartners(partners)].filter((trace) => !asked.has(traceKey(trace)))
  if (others.length > 0) {
    const more = await rangesOfTraces(store, others)
    const moreLive = factsOfLive(await readLiveRuns(store, more.ranges))
    for (const [key, facts] of moreLive) live.set(key, facts)
    for (const range of more.ranges) ranges.push(range)
    for (const trace of withLiveRuns(await readLeanTraces(store, more.ranges, keys, budget), more.ranges, moreLive)) read.push(trace)
  }
  const since = Math.min(firstOf(ranges), firstOfLive(live))
  return {
    asked,
    sought: new Set([...asked, ...others.map(traceKey)]),
    groups: groupTraces(read, openThreads(read, partners)),
    logs: await readTellingLogs(store, ranges, LONGEST_VALUE_BYTES),
    live,
    prices,
    stored: await storedRuns(store, read, own, since),
    own,
    since,
    versionMs: nowMs,
    spans: read.reduce((sum, { spanCount }) => sum + spanCount, 0),
  }
}

/** A trace that the analysis cannot take must not keep the others from theirs. */
const analyzeGroup = (
  group: readonly LeanTrace[],
  batch: Pick<ReadBatch, 'versionMs' | 'logs' | 'live' | 'prices'>,
  context: DeriveContext,
): AnalyzedRun[] => {
  const prices = batch.prices.get(group[0]?.project ?? '') ?? []
  const settings = { nowUnixNano: BigInt(batch.versionMs) * 1_000_000n, disabledRules: context.disabledRules, prices }
  try {
    const spans = group.flatMap((trace) => trace.spans())
    const records = group.flatMap((trace) => batch.logs.get(traceKey(trace)) ?? [])
    const live: LogFact[] = group.flatMap((trace) => batch.live.get(traceKey(trace)) ?? [])
    return analyze(spans, { ...settings, logs: [...live, ...records.flatMap((log) => recognizeLog(log) ?? [])] })
  } catch (error) {
    if (group.length > 1) return group.flatMap((trace) => analyzeGroup([trace], batch, context))
    const [trace] = group
    context.log.warn(`cannot analyze trace ${trace?.traceId} of ${trace?.spanCount} spans: ${messageOf(error)}; it is passed over`)
    return []
  }
}

/** Runs that were analyzed so long ago that some of their spans have expired: what is left would tell less than what is stored. */
const frozenRuns = ({ stored, versionMs }: ReadBatch, { retentionMs }: DeriveContext): StoredRun[] =>
  stored.filter((run) => run.versionMs < versionMs - retentionMs)

const noteRechecks = (group: readonly LeanTrace[], found: readonly AnalyzedRun[], { onRecheck }: DeriveContext): void => {
  for (const { project, traceId } of group) {
    const times = found
      .filter(({ run, recheckUnixNano }) => recheckUnixNano > 0n && run.traceIds.includes(traceId))
      .map(({ recheckUnixNano }) => Math.ceil(Number(recheckUnixNano) / 1e6))
    onRecheck?.({ project, traceId }, times.length === 0 ? undefined : Math.min(...times))
  }
}

/** @returns ids of the runs that there are; those with a part in what was asked are added to `rows` */
const addRuns = (group: readonly LeanTrace[], batch: ReadBatch, rows: RunRows, context: DeriveContext): string[] => {
  const project = group[0]?.project ?? ''
  const found = analyzeGroup(group, batch, context)
  noteRechecks(group, found, context)
  return found.map((analyzed) => {
    const { runId, traceIds } = analyzed.run
    // other runs of the added traces may have parts elsewhere, which were not read: they are left alone
    if (traceIds.some((traceId) => batch.asked.has(traceKey({ project, traceId })))) rows.add(project, analyzed)
    return runKey({ project, runId })
  })
}

/** Stored runs of which every trace was read, and which there are no more. */
const goneRuns = ({ groups, stored }: ReadBatch, live: ReadonlySet<string>): StoredRun[] => {
  const read = new Set(groups.flat().map(traceKey))
  return stored.filter((run) => !live.has(runKey(run)) && run.traceIds.every((traceId) => read.has(traceKey({ ...run, traceId }))))
}

/** Analyzes what was read and stores the runs. */
export const storeBatch = async (context: DeriveContext, batch: ReadBatch): Promise<void> => {
  // all their spans have expired meanwhile
  if (batch.groups.length === 0) return
  const rows = createRunRows(batch.versionMs)
  const frozen = frozenRuns(batch, context)
  const frozenTraces = new Set(frozen.flatMap((run) => run.traceIds.map((traceId) => traceKey({ ...run, traceId }))))
  const live = new Set<string>(frozen.map(runKey))
  let turnedAt = performance.now()
  let flushed: Promise<void> = Promise.resolve()
  for (const group of batch.groups) {
    if (group.some((trace) => frozenTraces.has(traceKey(trace)))) {
      for (const { project, spanCount } of group) context.onLate(project, spanCount)
      continue
    }
    try {
      for (const run of addRuns(group, batch, rows, context)) live.add(run)
    } catch (error) {
      // more text than a string can hold, at most: it will not get better by trying again
      throw new SeamtraceError('internal', `cannot write its runs: ${messageOf(error)}`, { cause: error })
    }
    if (rows.bytes() > FLUSH_BYTES) {
      await flushed
      flushed = rows.flush(context.store)
      flushed.catch(() => {})
    }
    if (performance.now() - turnedAt > TURN_MS) {
      await nextTurn()
      turnedAt = performance.now()
    }
  }
  await flushed
  for (const run of goneRuns(batch, live)) rows.remove(run)
  await rows.flush(context.store)
}

/**
 * Traces of which another deriver has stored runs from a later reading while this one was at it. It could not know of the runs that
 * were stored here meanwhile: those that its reading has no more have to go, so the traces are taken once more.
 */
const overtaken = async (
  { store }: DeriveContext,
  traces: readonly TraceRef[],
  { versionMs, own, since }: ReadBatch,
): Promise<TraceRef[]> => {
  const newer = (await storedRuns(store, traces, own, since)).filter((run) => run.versionMs > versionMs)
  const touched = new Set(newer.flatMap((run) => run.traceIds.map((traceId) => traceKey({ ...run, traceId }))))
  return traces.filter((trace) => touched.has(traceKey(trace)))
}

/**
 * Traces of which another part of their run was stored while they were analyzed without it: whoever stores last finds the other.
 */
const withNewPartners = async (
  { store, retentionMs }: DeriveContext,
  { groups, asked, sought, versionMs }: ReadBatch,
): Promise<TraceRef[]> => {
  const own = groups.flat().filter((trace) => asked.has(traceKey(trace)) && trace.sessionIds.size > 0)
  if (own.length === 0) return []
  const { ranges } = await rangesOfTraces(store, own)
  const partners = await partnersOf(store, own, firstOf(ranges), versionMs - retentionMs)
  const isNew = (run: StoredRun): boolean => run.traceIds.some((traceId) => !sought.has(traceKey({ ...run, traceId })))
  const threads = new Set(partners.filter(isNew).map(sessionKey))
  return own
    .filter(({ project, sessionIds }) => [...sessionIds].some((sessionId) => threads.has(sessionKey({ project, sessionId }))))
    .map(({ project, traceId }) => ({ project, traceId }))
}

/** A store that refuses even this refuses no trace for what it holds: it is out of memory, say, and will not be for ever. */
const answers = (store: Reader): Promise<boolean> =>
  engineNowMs(store).then(
    () => true,
    () => false,
  )

/**
 * Reads, analyzes and stores; what fails only together is taken in halves.
 * @returns traces that cannot be taken by themselves
 */
export const deriveTraces = async (
  context: DeriveContext,
  traces: readonly TraceRef[],
  reading: Promise<ReadBatch> = readBatch(context, traces),
  isSecondTry = false,
): Promise<TraceRef[]> => {
  try {
    const batch = await reading
    await storeBatch(context, batch)
    const late = [...(await withNewPartners(context, batch)), ...(context.shared ? await overtaken(context, traces, batch) : [])]
    const again = new Map(late.map((trace) => [traceKey(trace), trace]))
    return again.size > 0 ? deriveTraces(context, [...again.values()]) : []
  } catch (error) {
    if (isOutage(error) || !(await answers(context.store))) throw error
    if (traces.length > 1) {
      const half = Math.ceil(traces.length / 2)
      const first = await deriveTraces(context, traces.slice(0, half))
      return [...first, ...(await deriveTraces(context, traces.slice(half)))]
    }
    // an outage may have ended just between the refusal and the question whether it is one
    if (!isSecondTry) return deriveTraces(context, traces, undefined, true)
    context.log.warn(`cannot analyze trace ${traces[0]?.traceId}: ${messageOf(error).slice(0, 300)}; it is put off`)
    return [...traces]
  }
}
