// Whether the collector joins what `seamtrace analyze` joins: runs that waited and were taken up in another trace, in every order of arrival.
import type { RecognizedSpan, Run } from '@seamtrace/schema'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Deriving, startDeriving } from '../../collector/src/derive/deriving.fixture.ts'
import { insertSpans } from '../../collector/src/store/insert-spans.fixture.ts'
import { readRows } from '../../collector/src/store/read.ts'
import { captureNames, runsOf, spansOf } from './captures.ts'

let deriving: Deriving
beforeAll(async () => {
  deriving = await startDeriving()
})
afterAll(() => deriving.close())

const traceIdsOf = (spans: readonly RecognizedSpan[]): string[] => [...new Set(spans.map(({ traceId }) => traceId))]

const resumed = captureNames().filter((name) => name.endsWith('/human_interrupt') && traceIdsOf(spansOf(name)).length > 1)

const COUNT = 'SELECT project, toUInt32(uniqExact(trace_id)) AS count FROM trace_touch GROUP BY project'

/** Resolves when every trace that was stored has been derived. */
const derived = async (counts: ReadonlyMap<string, number>): Promise<void> => {
  const left = async (): Promise<number> => {
    await deriving.derive.look()
    const seen = new Map(
      (await readRows<{ project: string; count: number }>(deriving.store, COUNT, {})).map(({ project, count }) => [project, count]),
    )
    return [...counts].filter(([project, count]) => seen.get(project) !== count || deriving.derive.pendingTraces(project) > 0).length
  }
  await expect.poll(left, { timeout: 30_000, interval: 50 }).toBe(0)
}

/** All captures trace by trace, each with one part derived before the next one comes. */
const inOrder = async (title: string, order: (ids: string[]) => string[][]): Promise<Map<string, Run[]>> => {
  const counts = new Map<string, number>()
  for (const turn of [0, 1]) {
    for (const name of resumed) {
      const spans = spansOf(name)
      const ids = order(traceIdsOf(spans))[turn] ?? []
      const project = `${name}/${title}`
      counts.set(project, (counts.get(project) ?? 0) + ids.length)
      const part = spans.filter(({ traceId }) => ids.includes(traceId))
      if (part.length > 0) await insertSpans(deriving.store, project, part)
    }
    await derived(counts)
  }
  return new Map(await Promise.all(resumed.map(async (name) => [name, await deriving.runs(`${name}/${title}`)] as const)))
}

const told = ({ runId, pipeline, outcome, traceIds, steps, calls }: Run) => ({ runId, pipeline, outcome, traceIds, steps, calls })

it.each<[string, (ids: string[]) => string[][]]>([
  ['as it happened', ([first = '', ...others]) => [[first], others]],
  ['backwards', ([first = '', ...others]) => [others, [first]]],
  ['all at once', (ids) => [ids]],
])(
  'a run that was taken up is derived as it is analyzed: %s',
  async (title, order) => {
    expect(resumed.length).toBeGreaterThan(5)
    for (const [name, found] of await inOrder(title, order)) expect(found.map(told), name).toEqual(runsOf(name).map(told))
    expect(deriving.warnings).toEqual([])
  },
  60_000,
)
