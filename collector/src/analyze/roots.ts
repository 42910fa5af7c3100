// Finds the runs in a forest: their root spans, their ids, and which roots belong to one run.
import { CALL_ID, type RecognizedSpan } from '@seamtrace/schema'
import { takenUp } from './taken-up.ts'
import { bySpanStart, detachFrom, type Node, subtree } from './tree.ts'

/** One run before analysis. */
export type RunRoots = {
  runId: string
  pipeline: string
  /** in order of time; several when it waited and went on in another trace, or when parts came without what was above them */
  roots: Node[]
  /** the roots that are root spans of the run, not loose parts of it */
  complete: ReadonlySet<Node>
  /** those of them that have not ended: their program tells of them while they go on */
  open: ReadonlySet<Node>
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

/** A pipeline that waited and was taken up where its caller stood: the span of what follows is inside the one that has ended. */
const takenUpInside = (node: Node): Node[] => {
  const { span } = node
  if (span.runId === '' || span.outcome !== 'waiting') return []
  return detachFrom(node, (child) => child.span.type === 'pipeline' && child.span.runId === span.runId)
}

const rootsOfTree = (tree: Node): Node[] => {
  const pipelines = outermost(tree, (span) => span.type === 'pipeline')
  if (pipelines.length > 0) return pipelines.flatMap((root) => [root, ...takenUpInside(root)])
  // spans below a pipeline which has not arrived carry its name: they stay together under what there is
  if (tree.span.pipeline !== '') return [tree]
  const outer = outermost(tree, ({ type }) => type === 'agent' || type === 'step')
  // steps outside all agents are of a workflow that has no span of its own: what is around them is its run
  const isWorkflow = outer.some(({ span }) => span.type === 'step')
  return outer.length > 0 && !isWorkflow ? outer : [tree]
}

/** Making an agent or a workflow runs nothing. */
const isSetup = (tree: Node): boolean => tree.span.type === 'setup' && subtree(tree).every(({ span }) => span.type === 'setup')

const pipelineOf = (root: Node): string => {
  const { span } = root
  if (span.pipeline !== '') return span.pipeline
  if (!subtree(root).some((node) => isRunUnit(node.span))) return 'other'
  return (span.type === 'agent' && span.agent) || span.service
}

// Flags bits 8 and 9: the parent is known to be in another process, from where nothing may ever come.
const REMOTE_PARENT = 0x300

/** A part of a run: its parent was named, is of this process, and has not come. */
const isLoose = (root: Node): boolean => isVerdict(root) || isCutOff(root)

/** A verdict on a run that is named by its id: it came from elsewhere, and tells neither how the run ended nor its pipeline. */
export const isVerdict = ({ span, parent }: Node): boolean => span.type === 'check' && span.runId !== '' && parent === null

const isCutOff = ({ span, parent }: Node): boolean =>
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

const ownId = ({ span }: Node): string => (span.runId.startsWith(CALL_ID) ? '' : span.runId)

const idOf = (root: Node): string => ownId(root) || `${root.span.traceId}-${root.span.spanId}`

/**
 * Groups the forest into runs: roots with one run id are one run; a loose part belongs to the complete run of its trace and
 * pipeline, and loose parts without one stay together.
 */
export const findRuns = (forest: readonly Node[], isOpen: (root: Node) => boolean = () => false): RunRoots[] => {
  const roots = forest.filter((tree) => !isSetup(tree)).flatMap(rootsOfTree)
  const complete = roots.filter((root) => !isLoose(root))
  const known = completeRuns(complete)
  const groups = new Map<string, Node[]>()
  for (const root of roots) {
    const { span } = root
    const loose = isLoose(root) && span.pipeline !== '' && ownId(root) === ''
    const runId = loose ? known.get(traceAndPipeline(root)) || `${span.traceId}-${span.pipeline}` : idOf(root)
    const group = groups.get(runId)
    if (group) group.push(root)
    else groups.set(runId, [root])
  }
  const isComplete = new Set(complete)
  return joinTakenUp(
    [...groups].map(([runId, group]) => runOf(runId, group, isComplete, isOpen)),
    isOpen,
  )
}

const runOf = (runId: string, group: Node[], complete: ReadonlySet<Node>, isOpen: (root: Node) => boolean): RunRoots => {
  const sorted = group.sort((a, b) => bySpanStart(a.span, b.span))
  const first = sorted.find((root) => complete.has(root)) ?? (sorted[0] as Node)
  const ofRun = sorted.filter((root) => complete.has(root))
  return { runId, pipeline: pipelineOf(first), roots: sorted, complete: new Set(ofRun), open: new Set(ofRun.filter(isOpen)) }
}

/** Runs with an id of their own say themselves what belongs to them. */
const isPart = ({ roots, complete }: RunRoots): boolean => roots.length === 1 && complete.size === 1 && ownId(roots[0] as Node) === ''

const joinTakenUp = (runs: readonly RunRoots[], isOpen: (root: Node) => boolean): RunRoots[] => {
  if (runs.length < 2) return [...runs]
  const parts = runs.filter(isPart).map((run) => ({ run, pipeline: run.pipeline, root: run.roots[0] as Node }))
  const firstOf = takenUp(parts.sort((a, b) => bySpanStart(a.root.span, b.root.span)))
  if (firstOf.size === 0) return [...runs]
  const joined = new Map<RunRoots, Node[]>()
  for (const run of runs) {
    const first = firstOf.get(run) ?? run
    const roots = joined.get(first)
    if (!roots) joined.set(first, [...run.roots])
    else for (const root of run.roots) roots.push(root)
  }
  return [...joined].map(([first, roots]) =>
    roots.length === first.roots.length ? first : runOf(first.runId, roots, new Set(roots), isOpen),
  )
}
