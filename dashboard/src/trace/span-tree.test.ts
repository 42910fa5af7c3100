// The span tree: order, depth, folding, and input that is broken in the ways real traffic is.
import type { SpanSummary } from '@seamtrace/schema'
import { expect, test } from 'vitest'
import { buildSpanTree, parentIndex, visibleRows } from './span-tree.ts'

const span = (spanId: string, parentSpanId: string, startMs: number, durationMs: number): SpanSummary => ({
  traceId: 't',
  spanId,
  parentSpanId,
  name: spanId,
  type: 'other',
  layer: 'execution',
  layerRule: 'default',
  step: '',
  agent: '',
  tool: '',
  model: '',
  attempt: 0,
  outcome: 'success',
  errorType: '',
  errorMessage: '',
  failureKind: '',
  startTimeUnixNano: String(1_700_000_000_000_000_000n + BigInt(startMs) * 1_000_000n),
  durationNano: String(durationMs * 1_000_000),
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  costSource: '',
})
const FAMILY = [span('root', '', 0, 100), span('b', 'root', 50, 50), span('a', 'root', 10, 30), span('a1', 'a', 20, 10)]
const namesOf = (tree: ReturnType<typeof buildSpanTree>, rows = visibleRows(tree, new Set())) =>
  rows.map((row) => tree.nodes[row]?.span.spanId)

test('children follow their parent by start, times count from the first span', () => {
  const tree = buildSpanTree(FAMILY)
  expect(namesOf(tree)).toEqual(['root', 'a', 'a1', 'b'])
  expect(tree.nodes.map(({ depth }) => depth)).toEqual([0, 1, 2, 1])
  expect(tree.nodes.map(({ last }) => last)).toEqual([3, 2, 2, 3])
  expect(tree.nodes[2]?.startMs).toBe(20)
  expect(tree.durationMs).toBe(100)
})

test('folding a span hides all below it and nothing else', () => {
  const tree = buildSpanTree(FAMILY)
  expect(namesOf(tree, visibleRows(tree, new Set(['t:a'])))).toEqual(['root', 'a', 'b'])
})

test('a span whose parent never came is shown as an orphan root', () => {
  const tree = buildSpanTree([...FAMILY, span('lost', 'nobody', 5, 1)])
  expect(tree.nodes.find((node) => node.span.spanId === 'lost')).toMatchObject({ depth: 0, orphan: true })
})

test('a circle of parents loses no span', () => {
  const tree = buildSpanTree([span('x', 'y', 0, 1), span('y', 'x', 1, 1)])
  expect(namesOf(tree).toSorted()).toEqual(['x', 'y'])
})

test('depth 20,000 does not overflow, 20,000 siblings stay quick', () => {
  const chain = Array.from({ length: 20_000 }, (_, index) => span(`s${index}`, index ? `s${index - 1}` : '', 0, 1))
  expect(buildSpanTree(chain).nodes.at(-1)?.depth).toBe(19_999)
  const wide = [span('root', '', 0, 1), ...Array.from({ length: 20_000 }, (_, index) => span(`w${index}`, 'root', 1, 1))]
  expect(buildSpanTree(wide).nodes[0]?.last).toBe(20_000)
})

test('nothing gives nothing', () => expect(buildSpanTree([])).toMatchObject({ nodes: [], durationMs: 0 }))

test('the parent of a row is found by index', () => {
  const tree = buildSpanTree(FAMILY)
  expect([parentIndex(tree, 2), parentIndex(tree, 0)]).toEqual([1, -1])
})
