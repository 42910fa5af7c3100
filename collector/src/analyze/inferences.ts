// The inferences of a run, each once: who tells of usage that nobody below tells, and who only tells the same again.
import { picoUsd, type RecognizedSpan } from '@seamtrace/schema'
import type { RunRoots } from './roots.ts'
import { type Node, subtree } from './tree.ts'
import { callTypeOf, type Unit } from './unit.ts'

/** One inference as one span tells it, and the unit it was made in. */
export type Inference = {
  unit: Unit
  span: RecognizedSpan
  /** null where nobody knows what it cost */
  pico: bigint | null
  /** its span, or one around it below the root, failed: what it bought was thrown away */
  failed: boolean
}

const isModel = ({ type }: RecognizedSpan): boolean => type === 'model' || type === 'embedding'

const reportsAmount = ({ costSource, costUsd }: RecognizedSpan): boolean => costSource === 'reported' && Number(costUsd) > 0

/** Tokens, or an amount; of a call itself be it 0. Where agents and chains say 0, those that they sum up were silent. */
const tellsUsage = (span: RecognizedSpan): boolean =>
  span.inputTokens + span.outputTokens > 0 ||
  reportsAmount(span) ||
  (isModel(span) && (span.costSource === 'priced' || span.costSource === 'reported'))

/** A refused call cost nothing. An answer without usage, or a stream that was left, cost something, nobody knows what. */
const picoOf = (span: RecognizedSpan): bigint | null => {
  if (!tellsUsage(span)) return span.outcome === 'failure' ? 0n : null
  return span.costUsd === null ? null : picoUsd(span.costUsd)
}

/** Calls and agents tell of themselves; steps, chains and the rest at most sum up. */
const mayCount = (span: RecognizedSpan): boolean => span.type === 'agent' || callTypeOf(span.type) !== undefined

/**
 * What is inside such a span is other work than what is around it. ADK runs tools and whole agents inside the span of the model that
 * asked for them; between two spans of one inference nothing of the kind stands.
 */
const isOtherWork = ({ type }: RecognizedSpan): boolean =>
  ['agent', 'step', 'pipeline'].includes(type) || (callTypeOf(type) !== undefined && type !== 'model' && type !== 'embedding')

/** Marks what is above spans: all of it, and what is about the same work. Each span is marked once, however many are below. */
const marksAbove = () => {
  const [all, same] = [new Set<Node>(), new Set<Node>()]
  return {
    /** Something that was marked is inside: of a model only what is about the same inference counts. */
    has: (node: Node): boolean => (isModel(node.span) ? same : all).has(node),
    mark: (node: Node): void => {
      for (let at = node; at.parent && !all.has(at.parent); at = at.parent) all.add(at.parent)
      for (let at = node; at.parent && !isOtherWork(at.span) && !same.has(at.parent); at = at.parent) same.add(at.parent)
    },
  }
}

/** From the leaves up: the spans which tell of usage although nothing below them does. */
const leavesThat = (nodes: readonly Node[], may: (span: RecognizedSpan) => boolean): Set<Node> => {
  const [found, marks] = [new Set<Node>(), marksAbove()]
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index] as Node
    if (!tellsUsage(node.span) || !may(node.span) || marks.has(node)) continue
    found.add(node)
    marks.mark(node)
  }
  return found
}

/** What is inside a span that counts: all that an agent did, of a model what is about the same inference. */
const toldBy = (nodes: readonly Node[], counted: ReadonlySet<Node>): Set<Node> => {
  const [told, byModel] = [new Set<Node>(), new Set<Node>()]
  for (const node of nodes) {
    const { parent, span } = node
    if ((counted.has(node) && !isModel(span)) || (parent && told.has(parent))) told.add(node)
    else if ((counted.has(node) && isModel(span)) || (parent && byModel.has(parent) && !isOtherWork(span))) byModel.add(node)
  }
  return new Set([...told, ...byModel])
}

/** Models that tell of no usage, nor does anything around or inside them, nor another model inside. */
const silentModels = (nodes: readonly Node[], counted: ReadonlySet<Node>): Node[] => {
  const [silent, marks]: [Node[], ReturnType<typeof marksAbove>] = [[], marksAbove()]
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index] as Node
    if (!isModel(node.span) && !counted.has(node)) continue
    if (!counted.has(node) && !marks.has(node)) silent.push(node)
    marks.mark(node)
  }
  if (silent.length === 0) return silent
  const told = toldBy(nodes, counted)
  return silent.filter((node) => !told.has(node))
}

/** Agents whose calls stand in a part of the run that lost its parents may be told again there: then only calls count. */
const isScattered = ({ roots, complete }: RunRoots): boolean => roots.some((root) => !complete.has(root)) && roots.length > 1

const countedNodes = (run: RunRoots, nodes: readonly Node[]): Set<Node> => {
  if (isScattered(run)) {
    const calls = leavesThat(nodes, (span) => span.type !== 'agent' && mayCount(span))
    if (calls.size > 0) return calls
  }
  const counted = leavesThat(nodes, mayCount)
  return counted.size > 0 ? counted : leavesThat(nodes, () => true)
}

/** A reported 0 is that of an answer out of a cache: the same answer was paid where it is told first. */
const certaintyOf = ({ span }: Inference): number => {
  if (reportsAmount(span)) return 4
  if (span.costSource === 'priced') return 3
  return span.costSource === 'reported' ? 1 : tellsUsage(span) ? 2 : 0
}

/** Several instrumentations may tell of one call, and a local cache may answer it again: of one response id the best told counts. */
const once = (inferences: readonly Inference[]): Inference[] => {
  const best = new Map<string, Inference>()
  for (const inference of inferences) {
    const { responseId } = inference.span
    const known = best.get(responseId)
    if (responseId !== '' && (!known || certaintyOf(inference) > certaintyOf(known))) best.set(responseId, inference)
  }
  return inferences.filter((inference) => inference.span.responseId === '' || best.get(inference.span.responseId) === inference)
}

/** Finds the innermost unit around a span: its own, or that of the next span above which has one. */
export const unitFinder = (run: Unit, units: readonly Unit[]): ((node: Node) => Unit) => {
  const { traceId: first } = run.spans[0] as RecognizedSpan
  // nearly all runs are one trace, and within it span ids are enough
  const keyOf = ({ traceId, spanId }: RecognizedSpan): string => (traceId === first ? spanId : `${traceId}${spanId}`)
  const bySpan = new Map<string, Unit>()
  for (const unit of units) for (const span of unit.spans) bySpan.set(keyOf(span), unit)
  return (node) => {
    for (let at: Node | null = node; at; at = at.parent) {
      const unit = bySpan.get(keyOf(at.span))
      if (unit) return unit
    }
    return run
  }
}

/** Spans that failed, below the roots of the run, and all that is in them. */
const inFailedSpans = (roots: readonly Node[], nodes: readonly Node[]): Set<Node> => {
  const [isRoot, found] = [new Set(roots), new Set<Node>()]
  for (const node of nodes)
    if (!isRoot.has(node) && (node.span.outcome === 'failure' || (node.parent && found.has(node.parent)))) found.add(node)
  return found
}

/**
 * The inferences of a run in order of start. Parents and agents which repeat the totals of their children do not count; the usage
 * of an agent whose calls nobody recorded does, and so does that of a workflow, where it is all there is.
 */
export const inferencesOf = (roots: RunRoots, run: Unit, units: readonly Unit[]): Inference[] => {
  const nodes = roots.roots.flatMap(subtree)
  const counted = countedNodes(roots, nodes)
  const silent = new Set(silentModels(nodes, counted))
  const found = nodes.filter((node) => counted.has(node) || silent.has(node))
  if (found.length === 0) return []
  const [unitOf, failed] = [unitFinder(run, units), inFailedSpans(roots.roots, nodes)]
  return once(found.map((node) => ({ unit: unitOf(node), span: node.span, pico: picoOf(node.span), failed: failed.has(node) })))
}
