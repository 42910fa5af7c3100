// Reads whole traces for the analysis, by the order of the table, within a budget of spans and bytes.
import { ClickHouseError } from '@clickhouse/client'
import { SeamtraceError } from '@seamtrace/schema'
import { LEAN_COLUMNS, LEAN_SELECT, type LeanBlock, type LeanKeys, type LeanTrace, tracesOfBlocks } from './lean-spans.ts'
import { type ReadLimits, readBlocks } from './read.ts'
import type { Reader, TraceRange } from './touched-traces.ts'
import { MANY_TRACE_IDS, MOST_TRACE_IDS, manyTraceIds } from './trace-ids.ts'

/** What reading may still come to in memory. */
export type Budget = { spans: number; bytes: number }

// An answer of the embedded engine ends at 64 MiB.
const ANSWER: ReadLimits = { maxMemoryBytes: 1024 ** 3, maxSeconds: 60, maxRows: 150_000, maxBytes: 48 * 1024 * 1024, maxThreads: 1 }
const PAGE_ROWS = 100_000
const SMALLEST_PAGE = 1_000

// Neighbors in time are read together. A trace that lasted longer makes a wider window, in which fewer are looked for at once:
// ids × minutes are what a reading may have to look at.
const WINDOW_S = 600
const ID_SECONDS = 5_000 * WINDOW_S

/** How wide a window a trace needs: 600 s, or double, four times … that. */
const widthOf = ({ firstKeyTime, lastKeyTime }: TraceRange): number => {
  let width = WINDOW_S
  while (lastKeyTime - firstKeyTime > width) width *= 2
  return width
}

/** Sets of traces that are read together. */
export const groupRanges = (ranges: readonly TraceRange[]): TraceRange[][] => {
  const sorted = ranges.toSorted((a, b) => widthOf(a) - widthOf(b) || a.firstKeyTime - b.firstKeyTime)
  const groups: { width: number; from: number; to: number; ranges: TraceRange[] }[] = []
  for (const range of sorted) {
    const [last, width] = [groups.at(-1), widthOf(range)]
    const to = Math.max(last?.to ?? 0, range.lastKeyTime)
    const many = last && last.ranges.length < MOST_TRACE_IDS && (last.ranges.length + 1) * (to - last.from) <= ID_SECONDS
    if (last && many && last.width === width && to - last.from <= width * 2) {
      last.ranges.push(range)
      last.to = to
    } else groups.push({ width, from: range.firstKeyTime, to: range.lastKeyTime, ranges: [range] })
  }
  return groups.map((group) => group.ranges)
}

const leanSql = (tail: string): string => `
SELECT ${LEAN_SELECT}
FROM spans
WHERE project IN {projects:Array(String)}
  AND key_time >= toDateTime({from:UInt32}, 'UTC') AND key_time <= toDateTime({to:UInt32}, 'UTC')
  AND trace_id IN ${MANY_TRACE_IDS}
${tail}`

const paramsOf = (group: readonly TraceRange[], keys: LeanKeys) => ({
  projects: [...new Set(group.map(({ project }) => project))],
  traceIds: manyTraceIds(group.map(({ traceId }) => traceId)),
  from: group.reduce((first, range) => Math.min(first, range.firstKeyTime), 0xffffffff),
  to: group.reduce((last, range) => Math.max(last, range.lastKeyTime), 0),
  ...keys,
})

const tooLarge = (): SeamtraceError => new SeamtraceError('too_large', 'cannot read these traces at once: they have too many spans')

// too many rows or bytes in the answer, too much memory for it
const OVERFLOW_CODES = new Set(['396', '241'])
const isOverflow = (error: unknown): boolean =>
  error instanceof SeamtraceError && error.cause instanceof ClickHouseError && OVERFLOW_CODES.has(error.cause.code)

const spend = (budget: Budget, blocks: readonly LeanBlock[]): void => {
  for (const { rows, bytes } of blocks) {
    budget.spans -= rows
    budget.bytes -= bytes
  }
  if (budget.spans < 0 || budget.bytes < 0) throw tooLarge()
}

/** One trace that is more than an answer may hold, span by span in order of id. */
const readPages = async (store: Reader, range: TraceRange, keys: LeanKeys, budget: Budget): Promise<LeanBlock[]> => {
  const all: LeanBlock[] = []
  let after = '0'.repeat(16)
  for (let pageRows = PAGE_ROWS; ; ) {
    // copies of one span stay together
    const tail = `AND span_id > toFixedString(unhex({after:String}), 8) ORDER BY span_id LIMIT ${pageRows} WITH TIES`
    try {
      const page = await readBlocks(store, LEAN_COLUMNS, leanSql(tail), { ...paramsOf([range], keys), after }, ANSWER)
      spend(budget, page)
      all.push(...page)
      const last = page.findLast(({ rows }) => rows > 0)
      if (!last || page.reduce((sum, { rows }) => sum + rows, 0) < pageRows) return all
      after = last.columns.span_id(last.rows - 1)
    } catch (error) {
      if (!isOverflow(error) || pageRows <= SMALLEST_PAGE) throw error
      pageRows = Math.max(SMALLEST_PAGE, Math.floor(pageRows / 4))
    }
  }
}

const readGroup = async (store: Reader, group: readonly TraceRange[], keys: LeanKeys, budget: Budget): Promise<LeanBlock[]> => {
  const [first] = group
  if (!first) return []
  try {
    // within a small window the order of the table finds them; the index on trace ids would be asked for every id and granule
    const params = paramsOf(group, keys)
    const noIndexes = params.to - params.from <= WINDOW_S * 2
    const blocks = await readBlocks(store, LEAN_COLUMNS, leanSql(''), params, { ...ANSWER, noIndexes })
    spend(budget, blocks)
    return blocks
  } catch (error) {
    if (!isOverflow(error)) throw error
    if (group.length === 1) return readPages(store, first, keys, budget)
    const half = Math.ceil(group.length / 2)
    return [...(await readGroup(store, group.slice(0, half), keys, budget)), ...(await readGroup(store, group.slice(half), keys, budget))]
  }
}

/**
 * The spans of these traces.
 * @param keys attributes that are wanted
 * @param budget is spent
 * @throws SeamtraceError too_large when they come to more than that
 */
export const readLeanTraces = async (
  store: Reader,
  ranges: readonly TraceRange[],
  keys: LeanKeys,
  budget: Budget,
): Promise<LeanTrace[]> => {
  const blocks: LeanBlock[] = []
  // of some there are log records alone
  const withSpans = ranges.filter(({ firstKeyTime, lastKeyTime }) => firstKeyTime <= lastKeyTime)
  for (const group of groupRanges(withSpans)) blocks.push(...(await readGroup(store, group, keys, budget)))
  const wanted = new Set(ranges.map(({ project, traceId }) => `${traceId}${project}`))
  return tracesOfBlocks(blocks).filter(({ project, traceId }) => wanted.has(`${traceId}${project}`))
}
