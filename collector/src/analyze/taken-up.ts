// Runs that waited and were taken up again: a later part that begins with the call, or in the same session with what the earlier ended on.
import { CALL_ID, type RecognizedSpan } from '@seamtrace/schema'
import { type Node, subtree } from './tree.ts'
import { heldBack, markWaiting } from './waiting.ts'

/** A run that may be a part of another, in one trace. */
export type Part<Run> = { run: Run; pipeline: string; root: Node }

type Beginning = {
  step: string
  call: RecognizedSpan | null
  /** of a tool that was called before any model was asked: by its own span, or that of the model which was told its result */
  callId: string
}
type Told<Run> = {
  part: Part<Run>
  session: string
  waits: boolean
  /** steps that wait, and whether a person was handed the work */
  waitingSteps: ReadonlySet<string>
  asksPerson: boolean
  /** an agent waits for a tool */
  agentWaits: boolean
  /** calls of tools that have ids, or who asked for them */
  calls: ReadonlyMap<string, Node>
  begins: Beginning
}

// A thread with more runs that nobody ever answered than these is no thread of one person.
const MOST_OPEN = 20

export const callIdOf = ({ runId }: RecognizedSpan): string => (runId.startsWith(CALL_ID) ? runId : '')

const isCall = ({ type }: RecognizedSpan): boolean => type === 'model' || type === 'tool' || type === 'human'

/** The first step and the first call of a part, whichever are there. */
const beginningOf = (spans: readonly RecognizedSpan[]): Beginning => {
  const calls = spans.filter(isCall)
  const [call = null] = calls
  const told = call?.type === 'tool' ? [call, calls.find(({ type }) => type === 'model')] : [call]
  const callId = told.flatMap((span) => (span && callIdOf(span)) || []).at(0) ?? ''
  return { step: spans.find(({ type }) => type === 'step')?.step ?? '', call, callId }
}

const toldOf = <Run>(part: Part<Run>): Told<Run> => {
  const nodes = subtree(part.root)
  const spans = nodes.map(({ span }) => span)
  const waiting = spans.filter(({ outcome }) => outcome === 'waiting')
  return {
    part,
    session: spans.find(({ sessionId }) => sessionId !== '')?.sessionId ?? '',
    waits: part.root.span.outcome === 'waiting',
    waitingSteps: new Set(waiting.filter(({ type }) => type === 'step').map(({ step }) => step)),
    asksPerson: waiting.some(({ type }) => type === 'handoff'),
    agentWaits: waiting.some(({ type }) => type === 'agent'),
    calls: new Map(nodes.map((node) => [callIdOf(node.span), node] as const).filter(([id]) => id !== '')),
    begins: beginningOf(spans),
  }
}

/**
 * Whether a part goes on with one that waits: with a node that waited, with the answer of a person who was handed the work, or with a
 * tool before any model was asked, which can only have been asked for before.
 */
const goesOnWith = <Run>(before: Told<Run>, { begins }: Told<Run>): boolean =>
  before.asksPerson || (begins.step !== '' && before.waitingSteps.has(begins.step)) || (before.agentWaits && begins.call?.type === 'tool')

/** The tool was called before; or a model asked for it, and its run waits. */
const mayWaitAt = <Run>({ calls, waits }: Told<Run>, callId: string): boolean => waits || calls.get(callId)?.span.type === 'tool'

/** The same call was made again when it had been approved: at first it was only held back, although its span does not say so. */
const waitsAt = <Run>({ part, calls }: Told<Run>, callId: string): void => {
  const node = calls.get(callId)
  if (node?.span.outcome !== 'success' || node.span.type !== 'tool') return
  node.span = heldBack(node.span)
  markWaiting(part.root)
}

/**
 * Pairs parts with the run that they take up.
 * @param parts complete runs of single traces, in order of start
 * @returns for each part that takes up another the run of the first of its chain
 */
export const takenUp = <Run>(parts: readonly Part<Run>[]): Map<Run, Run> => {
  const firstOf = new Map<Run, Run>()
  const open = new Map<string, Told<Run>[]>()
  const byCall = new Map<string, Told<Run>>()
  for (const told of parts.map(toldOf)) {
    const { callId } = told.begins
    if (told.session === '' && callId === '' && told.calls.size === 0) continue
    const thread = `${told.session}\u0000${told.part.pipeline}`
    const waiting = told.session === '' ? [] : (open.get(thread) ?? [])
    const start = told.part.root.span.startTimeUnixNano
    const ended = (before: Told<Run>): boolean => before.part.root.span.endTimeUnixNano <= start
    const asked = told.begins.call?.type === 'tool' ? byCall.get(`${told.part.pipeline}\u0000${callId}`) : undefined
    const sameCall = asked && ended(asked) && mayWaitAt(asked, callId) ? asked : undefined
    if (sameCall) waitsAt(sameCall, callId)
    const before = sameCall ?? waiting.findLast((each) => ended(each) && goesOnWith(each, told))
    if (before) firstOf.set(told.part.run, firstOf.get(before.part.run) ?? before.part.run)
    const left = waiting.filter((each) => each !== before)
    if (told.session !== '') open.set(thread, told.waits ? [...left, told].slice(-MOST_OPEN) : left)
    for (const id of told.calls.keys()) byCall.set(`${told.part.pipeline}\u0000${id}`, told)
  }
  return firstOf
}
