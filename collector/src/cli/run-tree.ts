// A run as lines of a tree: its steps in order of time, what each called, and the attempts of whatever was tried more than once.
import type { Attempt, Call, Operation, Run, Step } from '@seamtrace/schema'

export type TreeLine = {
  depth: number
  outcome: string
  name: string
  /** layer of a step, type of a call */
  sort: string
  durationMs: number
  /** null where nobody knows; undefined where nothing was spent */
  costUsd: number | null | undefined
  note: string
}

type Node = { step: Step; operation: Operation; calls: Call[]; inner: Node[] }

const startOf = ({ attempts }: { attempts: Attempt[] }): string => attempts[0]?.startTime ?? ''
const byStart = (a: { attempts: Attempt[] }, b: { attempts: Attempt[] }): number =>
  startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0

/** Of several visits the one that was on when something began. */
const lastBegun = (nodes: readonly Node[], start: string): Node | undefined =>
  nodes.findLast(({ operation }) => startOf(operation) <= start) ?? nodes[0]

const nodesOf = ({ steps, calls }: Run): { roots: Node[]; loose: Call[] } => {
  const nodes = steps
    .flatMap((step) => step.operations.map((operation): Node => ({ step, operation, calls: [], inner: [] })))
    .sort((a, b) => byStart(a.operation, b.operation))
  const byName = Map.groupBy(nodes, ({ step }) => step.name)
  // a step may stand below one of its own name, never below itself
  const around = (node: Node): Node | undefined =>
    lastBegun(
      (byName.get(node.step.parent) ?? []).filter((other) => other.step !== node.step),
      startOf(node.operation),
    )
  const roots = nodes.filter((node) => {
    const parent = node.step.parent === '' ? undefined : around(node)
    parent?.inner.push(node)
    return parent === undefined
  })
  const loose = calls.filter((call) => {
    const visited = (byName.get(call.step) ?? []).filter(({ operation }) => operation.visit === call.visit)
    const node = lastBegun(visited, startOf(call))
    node?.calls.push(call)
    return node === undefined
  })
  return { roots, loose }
}

const total = (attempts: readonly Attempt[]): number => attempts.reduce((sum, { durationMs, waitMs }) => sum + durationMs + waitMs, 0)

const costOf = (attempts: readonly Attempt[]): number | null | undefined => {
  const told = attempts.flatMap(({ costUsd }) => (costUsd === undefined ? [] : [costUsd]))
  const known = told.filter((cost) => cost !== null)
  return told.length === 0 ? undefined : known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0)
}

const waited = (waitMs: number, duration: (ms: number) => string): string => (waitMs > 0 ? `after ${duration(waitMs)}` : '')

const linesOfWork = (
  { outcome, attempts }: Pick<Operation, 'outcome' | 'attempts'>,
  told: Pick<TreeLine, 'depth' | 'name' | 'sort'>,
  duration: (ms: number) => string,
): TreeLine[] => {
  const [first] = attempts
  const many = attempts.length > 1
  const whole = { ...told, outcome, durationMs: total(attempts), costUsd: costOf(attempts) }
  return [
    { ...whole, note: many ? `${attempts.length} attempts` : (first?.errorType ?? '') },
    ...(many ? attempts : []).map((attempt) => ({
      ...{ depth: told.depth + 1, name: `attempt ${attempt.number}`, sort: '', outcome: attempt.outcome, durationMs: attempt.durationMs },
      ...{ costUsd: attempt.costUsd, note: [waited(attempt.waitMs, duration), attempt.errorType].filter(Boolean).join(', ') },
    })),
  ]
}

const isPlain = ({ outcome, attempts }: Call): boolean => outcome === 'success' && attempts.length === 1

/** The same call again and again, with nothing to tell of it, is one line. */
const linesOfCalls = (calls: readonly Call[], depth: number, duration: (ms: number) => string): TreeLine[] => {
  const groups = Map.groupBy(calls, (call) => (isPlain(call) ? `${call.type} ${call.name}` : call))
  return [...groups.values()].flatMap((group) => {
    const [call] = group as [Call]
    const name = group.length > 1 ? `${call.name} (${group.length} times)` : call.name
    const attempts = group.flatMap((one) => one.attempts)
    if (group.length === 1) return linesOfWork(call, { depth, name, sort: call.type }, duration)
    return [{ depth, name, sort: call.type, outcome: call.outcome, durationMs: total(attempts), costUsd: costOf(attempts), note: '' }]
  })
}

const MOST_LINES = 400

/** In order of time, steps around what is in them; of a very long run the beginning. */
export const treeOf = (run: Run, duration: (ms: number) => string): { lines: TreeLine[]; hidden: number } => {
  const { roots, loose } = nodesOf(run)
  const lines: TreeLine[] = []
  const open = roots.toReversed().map((node) => ({ node, depth: 0 }))
  for (let at = open.pop(); at; at = open.pop()) {
    const { step, operation, calls, inner } = at.node
    const { depth } = at
    const agent = step.agent !== '' && step.agent !== step.name ? `, agent ${step.agent}` : ''
    const name = `${step.name}${operation.visit > 1 ? ` (visit ${operation.visit})` : ''}`
    for (const line of linesOfWork(operation, { depth, name, sort: `${step.layer}${agent}` }, duration)) lines.push(line)
    for (const line of linesOfCalls(calls, depth + 1, duration)) lines.push(line)
    for (const node of inner.toReversed()) open.push({ node, depth: depth + 1 })
  }
  for (const line of linesOfCalls(loose, 0, duration)) lines.push(line)
  return { lines: lines.slice(0, MOST_LINES), hidden: Math.max(0, lines.length - MOST_LINES) }
}
