// Finds the runs in a forest: their root spans, their ids, and which roots belong to one run.
import type { RecognizedSpan } from '@seamtrace/schema'
import { bySpanStart, type Node, subtree } from './tree.ts'

/** One run before analysis. */
export type RunRoots = {
  runId: string
  pipeline: string
  /** in order of time; several when it waited and went on in another trace, or when parts came without what was above them */
  roots: Node[]
  /** the roots that are root spans of the run, not loose parts of it */
  complete: ReadonlySet<Node>
}

const isRunUnit = (span: RecognizedSpan): boolean => ['agent', 'model', 'step'].includes(span.type)

/** The outermost spans below `root` that pass, never one inside another. */
const outermost = (root: Node, passes: (span: RecognizedSpan) => boolean): Node[] => {
  const found: Node[] = []
  const open = [root]
  for (let node = open.pop(); node; node = open.pop()) {
    if (passes(node.span)) found.push(node)
    else for (let index = node.children.length - 1; index >= 0; index--) open.push(node.children[index] as Node)
  }
  return found
}

const rootsOfTree = (tree: Node): Node[] => {
  const pipelines = outermost(tree, (span) => span.type === 'pipeline')
  if (pipelines.length > 0) return pipelines
  // spans below a pipeline which has not arrived carry its name: they stay together under what there is
  if (tree.span.pipeline !== '') return [tree]
  const agents = outermost(tree, (span) => span.type === 'agent')
  return agents.length > 0 ? agents : [tree]
}

const pipelineOf = (root: Node): string => {
  const { span } = root
  if (span.pipeline !== '') return span.pipeline
  if (!subtree(root).some((node) => isRunUnit(node.span))) return 'other'
  return (span.type === 'agent' && span.agent) || span.service
}

// Flags bits 8 and 9: the parent is known to be in another process, from where nothing may ever come.
const REMOTE_PARENT = 0x300

/** A part of a run: its parent was named, is of this process, and has not come. */
const isLoose = ({ span, parent }: Node): boolean =>
  span.type !== 'pipeline' && span.parentSpanId !== '' && parent === null && (span.flags & REMOTE_PARENT) !== REMOTE_PARENT

const traceAndPipeline = ({ span }: Node): string => `${span.traceId}\u0000${span.pipeline}`

/** Ids of the complete runs of a trace by pipeline; '' where a trace has several, so that a loose part fits none for sure. */
const completeRuns = (roots: readonly Node[]): Map<string, string> => {
  const runs = new Map<string, string>()
  for (const root of roots) {
    const key = traceAndPipeline(root)
    runs.set(key, runs.has(key) ? '' : idOf(root))
  }
  return runs
}

const idOf = ({ span }: Node): string => span.runId || `${span.traceId}-${span.spanId}`

/**
 * Groups the forest into runs: roots with one run id are one run; a loose part belongs to the complete run of its trace and
 * pipeline, and loose parts without one stay together.
 */
export const findRuns = (forest: readonly Node[]): RunRoots[] => {
  const roots = forest.flatMap(rootsOfTree)
  const complete = roots.filter((root) => !isLoose(root))
  const known = completeRuns(complete)
  const groups = new Map<string, Node[]>()
  for (const root of roots) {
    const { span } = root
    const loose = isLoose(root) && span.pipeline !== '' && span.runId === ''
    const runId = loose ? known.get(traceAndPipeline(root)) || `${span.traceId}-${span.pipeline}` : idOf(root)
    const group = groups.get(runId)
    if (group) group.push(root)
    else groups.set(runId, [root])
  }
  const isComplete = new Set(complete)
  return [...groups].map(([runId, group]) => {
    const sorted = group.sort((a, b) => bySpanStart(a.span, b.span))
    const first = sorted.find((root) => isComplete.has(root)) ?? (sorted[0] as Node)
    return { runId, pipeline: pipelineOf(first), roots: sorted, complete: new Set(sorted.filter((root) => isComplete.has(root))) }
  })
}
