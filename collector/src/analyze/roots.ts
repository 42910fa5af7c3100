// Finds the runs in a forest: their root spans, their ids, and which roots belong to one run.
import type { RecognizedSpan } from '@seamtrace/schema'
import { bySpanStart, type Node, subtree } from './tree.ts'

/** One run before analysis: its root spans in order of time (several when it waited and went on in another trace). */
export type RunRoots = {
  runId: string
  pipeline: string
  roots: Node[]
  /** its root span has not arrived yet, only spans below it */
  provisional: boolean
}

const isRunUnit = (span: RecognizedSpan): boolean => ['agent', 'model', 'step'].includes(span.type)

/** The outermost spans below `root` that pass, never one inside another. */
const outermost = (root: Node, passes: (span: RecognizedSpan) => boolean): Node[] => {
  const found: Node[] = []
  const open = [root]
  for (let node = open.pop(); node; node = open.pop()) {
    if (passes(node.span)) found.push(node)
    else open.push(...node.children.toReversed())
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

/** A root whose parent was named but never came stands for a part of a run. */
const isProvisional = (root: Node): boolean => root.span.type !== 'pipeline' && root.span.parentSpanId !== '' && root.parent === null

/**
 * Groups the forest into runs: roots with one run id are one run, and so are the loose parts of one trace that name the same
 * pipeline before its root has come.
 */
export const findRuns = (forest: readonly Node[]): RunRoots[] => {
  const groups = new Map<string, Node[]>()
  for (const tree of forest) {
    for (const root of rootsOfTree(tree)) {
      const { traceId, spanId, runId } = root.span
      const loose = isProvisional(root) && root.span.pipeline !== ''
      const key = runId || (loose ? `${traceId}-${root.span.pipeline}` : `${traceId}-${spanId}`)
      groups.set(key, [...(groups.get(key) ?? []), root])
    }
  }
  return [...groups].map(([runId, roots]) => {
    const sorted = roots.sort((a, b) => bySpanStart(a.span, b.span))
    const complete = sorted.filter((root) => !isProvisional(root))
    const first = complete[0] ?? (sorted[0] as Node)
    return { runId, pipeline: pipelineOf(first), roots: sorted, provisional: complete.length === 0 }
  })
}
