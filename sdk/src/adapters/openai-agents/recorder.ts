// Turns what the framework tells of its traces and spans into ours: agents, inferences, tools, checks, handoffs and waits.
import { type Attributes, type Context, type HrTime, SpanKind } from '@opentelemetry/api'
import { GEN_AI, OTEL, SEAMTRACE } from '@seamtrace/schema/words'
import { resultStatus } from '../../call.ts'
import { digestOf, sizeOf } from '../../payload.ts'
import { contentAttribute, nameOf } from '../../redact.ts'
import { safely } from '../../safe.ts'
import { annotate, endUnit, giveUp, markThrown, openUnit, type Unit, type UnitSpec, whenRecording } from '../../unit.ts'
import { bounded } from '../bounded.ts'
import { fields, text } from '../fields.ts'
import { recordApproval, withoutCall } from './approvals.ts'
import { markTold, toldError, wasRejected } from './errors.ts'
import { openHandoff, type PendingHandoff, receivedAttributes, receivedLinks, recordReceipt } from './handoffs.ts'
import { type AskedCall, modelAttributes, modelFacts, turnUsage } from './models.ts'
import { type AgentsOptions, type AgentsRun, contextOfRun, endPart, newRun } from './part.ts'
import { type AgentsSpan, type AgentsTrace, dataOf } from './shapes.ts'

/** A span of the framework that has not ended. */
interface Entry {
  readonly type: string
  readonly run: AgentsRun
  readonly above: Entry | undefined
  /** none for what only groups: tasks, turns, and handoffs, which are told when they are over */
  readonly unit: Unit | undefined
  readonly startTime: HrTime
  /** of a task: whether a model was asked in it */
  asksModel: boolean
  /** of an agent: calls that its model asked for, and nobody made */
  asked: readonly AskedCall[]
  /** of an agent: how it was handed the work, until its model is asked */
  received: PendingHandoff | undefined
  /** of a model: requests that its client sent */
  requests: number
  /** of a tool: what it threw, where the framework tells only that it did */
  thrown: unknown
  /** of an agent: its model was stopped in the middle of its answer, which the framework takes for an end */
  stopped: boolean
  /** of a turn: a model call whose tokens only the turn tells, when it ended */
  unpaid: { unit: Unit; endTime: HrTime } | undefined
}

export interface AgentsRecorder {
  traceStart(trace: AgentsTrace): void
  traceEnd(trace: AgentsTrace): void
  spanStart(span: AgentsSpan): void
  spanEnd(span: AgentsSpan): void
  /** the context below which the work of a span stands */
  contextOf(spanId: string): Context | undefined
  /** the error that a tool threw, in the span that runs now */
  toolThrew(spanId: string, error: unknown): void
  /** the signal that a tool is given, in the span that runs now */
  toolSignal(spanId: string, signal: AbortSignal): void
  /** a client sent a request for the span that runs now; the framework does not tell which model failed to answer */
  requested(spanId: string, model: () => string): void
  /** stops telling of what is open */
  close(): void
}

const MAX_SPANS = 10_000
const MAX_TRACES = 1_000

/** Beyond it a span is not told as it happens, but afterwards. */
const LATE_MS = 1_000

const GROUPS: ReadonlySet<string> = new Set(['task', 'turn', 'speech_group', 'handoff'])
const MODELS: ReadonlySet<string> = new Set(['generation', 'response', 'transcription', 'speech'])

export function agentsRecorder(options: AgentsOptions): AgentsRecorder {
  const spans = bounded<string, Entry>(MAX_SPANS, ({ unit, unpaid }) => {
    if (unit !== undefined) giveUp(unit)
    if (unpaid !== undefined) endUnit(unpaid.unit, unpaid.endTime)
  })
  const runs = bounded<string, AgentsRun>(MAX_TRACES, leaveRun)

  const runOf = (traceId: string): AgentsRun => {
    const known = runs.get(traceId)
    if (known !== undefined) return known
    const run = newRun(traceId)
    runs.set(traceId, run)
    return run
  }

  const spanStart = (span: AgentsSpan): Entry => {
    const { type } = span.spanData
    const above = span.parentId === null ? undefined : spans.get(span.parentId)
    const run = above?.run ?? runOf(span.traceId)
    const entry = openEntry(span, run, above, options)
    spans.set(span.spanId, entry)
    if (type === 'task' && !isInside(entry)) run.tasks += 1
    return entry
  }

  return {
    traceStart({ traceId, name, groupId }) {
      const run = runs.get(traceId) ?? newRun(traceId)
      // what began before this came stays
      if (run.root === undefined) Object.assign(run, newRun(traceId, name, groupId ?? undefined), { waiting: run.waiting })
      run.open = true
      runs.set(traceId, run)
    },
    traceEnd({ traceId }) {
      const run = runs.get(traceId)
      if (run === undefined) return
      run.open = false
      finishPart(run)
      // a run that waits goes on under the same id
      if (run.waiting.length === 0) runs.delete(traceId)
    },
    spanStart,
    spanEnd(span) {
      const known = spans.get(span.spanId)
      // an agent that began in another process, or a group: there is nothing left to tell of it
      if (known === undefined && (span.spanData.type === 'agent' || GROUPS.has(span.spanData.type))) return
      const entry = known ?? spanStart(span)
      spans.delete(span.spanId)
      safely(() => finishEntry(entry, span))
      if (entry.unit === undefined || isUnpaid(entry)) return
      endUnit(entry.unit, pastTime(span.endedAt))
    },
    contextOf(spanId) {
      const entry = spans.get(spanId)
      return entry && contextAt(entry, options)
    },
    toolThrew(spanId, error) {
      const entry = spans.get(spanId)
      if (entry?.type === 'function') entry.thrown = error
    },
    toolSignal(spanId, signal) {
      const entry = spans.get(spanId)
      if (entry?.type === 'function') entry.run.signal = signal
    },
    requested(spanId, model) {
      const entry = spans.get(spanId)
      if (entry?.unit === undefined || !MODELS.has(entry.type)) return
      entry.requests += 1
      if (entry.requests === 1) nameModel(entry.unit, model())
    },
    close() {
      for (const [, run] of runs.entries()) leaveRun(run)
    },
  }
}

/** The nearest span that is told, or the run. */
const contextAt = (entry: Entry | undefined, options: AgentsOptions, agent?: string): Context | undefined => {
  let at = entry
  while (at !== undefined && at.unit === undefined) at = at.above
  return at?.unit?.context ?? (entry && contextOfRun(entry.run, options, agent))
}

const ancestor = (entry: Entry, type: string): Entry | undefined => {
  let at = entry.above
  while (at !== undefined && at.type !== type) at = at.above
  return at
}

/** Inside a tool: an agent that serves as one. */
const isInside = (entry: Entry): boolean => ancestor(entry, 'function') !== undefined

const pastTime = (iso: string | null): HrTime | undefined => {
  const ms = iso === null ? Number.NaN : Date.parse(iso)
  return Math.abs(Date.now() - ms) > LATE_MS ? [Math.floor(ms / 1000), (ms % 1000) * 1_000_000] : undefined
}

function openEntry(span: AgentsSpan, run: AgentsRun, above: Entry | undefined, options: AgentsOptions): Entry {
  const { type } = span.spanData
  const name = nameOf(dataOf(span).name ?? '')
  const received = type === 'agent' && run.handoff?.ticket.to === name ? run.handoff : undefined
  if (received !== undefined) run.handoff = undefined
  if (type === 'task' && run.name === '') run.name = name
  const spec = GROUPS.has(type) ? undefined : specOf(span, name, received)
  const unit = spec && openUnit(spec, contextAt(above, options, type === 'agent' ? name : undefined) ?? contextOfRun(run, options, name))
  const entry: Entry = {
    ...{ type, run, above, unit, received, asksModel: false, asked: [], requests: 0, thrown: undefined },
    ...{ stopped: false, unpaid: undefined },
    startTime: pastTime(span.startedAt) ?? unit?.clock() ?? [0, 0],
  }
  return entry
}

function specOf(span: AgentsSpan, name: string, received: PendingHandoff | undefined): UnitSpec {
  const { type } = span.spanData
  const startTime = pastTime(span.startedAt)
  if (type === 'agent') {
    const attributes = (): Attributes => ({
      ...{ [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.agentName]: name },
      ...(received && receivedAttributes(received)),
    })
    return { kind: 'agent', name: `invoke_agent ${name}`, startTime, attributes, links: () => (received ? receivedLinks(received) : []) }
  }
  if (MODELS.has(type)) {
    return { kind: 'model', name: 'chat', startTime, spanKind: SpanKind.CLIENT, attributes: () => ({ [GEN_AI.operationName]: 'chat' }) }
  }
  if (type === 'guardrail') return { kind: 'check', name: `check ${name}`, startTime, attributes: () => ({ [SEAMTRACE.checkName]: name }) }
  if (type === 'custom') return { kind: 'step', name: `step ${name}`, startTime, attributes: () => ({ [SEAMTRACE.stepName]: name }) }
  const tool = type === 'mcp_tools' ? `list_tools ${text(dataOf(span).server)}` : name
  const attributes = (): Attributes => ({ [GEN_AI.operationName]: 'execute_tool', [GEN_AI.toolName]: tool })
  return { kind: 'tool', name: `execute_tool ${tool}`, startTime, attributes }
}

const nameModel = (unit: Unit, model: string): void => {
  if (model === '') return
  unit.span.updateName(`chat ${nameOf(model)}`)
  annotate(unit, () => ({ [GEN_AI.requestModel]: nameOf(model) }))
}

type Finish = (entry: Entry, span: AgentsSpan) => void

const finishModel: Finish = (entry, span) => {
  const { unit } = entry
  const facts = safely(() => modelFacts(dataOf(span)))
  const agent = ancestor(entry, 'agent')
  const task = ancestor(entry, 'task')
  if (task !== undefined) task.asksModel = true
  if (facts === undefined || unit === undefined) return
  nameModel(unit, facts.model)
  annotate(unit, () => ({ ...modelAttributes(facts), [OTEL.resendCount]: entry.requests > 1 ? entry.requests - 1 : undefined }))
  const error = toldError(span) ?? facts.reply.error
  if (error !== undefined) markTold(unit, error)
  else if (wasStopped(span)) {
    annotate(unit, () => ({ [SEAMTRACE.outcome]: 'cancelled' }))
    if (agent !== undefined) agent.stopped = true
  } else if (facts.reply.attributes[GEN_AI.inputTokens] === undefined) waitForTokens(entry, span)
  if (agent?.unit === undefined) return
  agent.asked = [...agent.asked, ...facts.asked]
  const { received } = agent
  agent.received = undefined
  if (received !== undefined) recordReceipt(received, agent.unit, facts.input)
}

/** It was asked, and neither answered nor failed. Without sensitive data nothing is told of either. */
const wasStopped = (span: AgentsSpan): boolean => {
  const { type, _input, _response, response_id, input, output } = dataOf(span)
  if (span.error !== null) return false
  return type === 'response'
    ? _input !== undefined && _response === undefined && response_id === undefined
    : type === 'generation' && input !== undefined && output === undefined
}

/** Without sensitive data the framework tells tokens of the turn alone. */
function waitForTokens(entry: Entry, span: AgentsSpan): void {
  const turn = ancestor(entry, 'turn')
  if (turn === undefined || turn.unpaid !== undefined || entry.unit === undefined) return
  turn.unpaid = { unit: entry.unit, endTime: pastTime(span.endedAt) ?? entry.unit.clock() }
}

const isUnpaid = (entry: Entry): boolean => entry.unit !== undefined && ancestor(entry, 'turn')?.unpaid?.unit === entry.unit

const finishTurn: Finish = (entry, span) => {
  const { unpaid } = entry
  entry.unpaid = undefined
  if (unpaid === undefined) return
  annotate(unpaid.unit, () => turnUsage(fields(dataOf(span).usage)))
  endUnit(unpaid.unit, unpaid.endTime)
}

const finishTool: Finish = (entry, span) => {
  const { unit, run } = entry
  if (unit === undefined) return
  const { name, input, output } = dataOf(span)
  const agent = ancestor(entry, 'agent')
  if (agent !== undefined) agent.asked = withoutCall(agent.asked, text(name))
  const rejected = wasRejected(span)
  const known = run.waiting.find((call) => call.name === text(name))
  const isResumed = ancestor(entry, 'task')?.asksModel === false
  if (isResumed && (known !== undefined || run.waiting.length === 0)) {
    const above = contextAt(entry.above, {})
    if (above !== undefined) recordApproval(known ?? { id: '', name: text(name) }, rejected ? 'rejected' : 'approved', above)
    run.waiting = known ? run.waiting.filter((call) => call !== known) : run.waiting
  }
  // the call that never was: the person said no
  if (rejected) annotate(unit, () => ({ [SEAMTRACE.outcome]: 'cancelled' }))
  const isKnown = input !== ''
  annotate(unit, () => ({
    [SEAMTRACE.callInputDigest]: isKnown ? digestOf(input) : undefined,
    ...(isKnown ? contentAttribute(SEAMTRACE.input, input) : {}),
    ...(isKnown && !rejected ? toolResult(span, output) : {}),
  }))
  if (rejected) return
  if (entry.thrown !== undefined) markThrown(unit, entry.thrown)
  else markIfTold(unit, span)
}

/** Tools hand their results to the model as text. */
function toolResult(span: AgentsSpan, output: unknown): Attributes {
  const value = safely((): unknown => (typeof output === 'string' && /^\s*[[{]/.test(output) ? JSON.parse(output) : output)) ?? output
  return {
    [SEAMTRACE.toolResultStatus]: span.error === null ? resultStatus(value) : 'error',
    [SEAMTRACE.callOutputSize]: sizeOf(output),
    ...contentAttribute(SEAMTRACE.output, output),
  }
}

const markIfTold = (unit: Unit, span: AgentsSpan): void => {
  const error = toldError(span)
  if (error !== undefined) markTold(unit, error)
}

const finishGuardrail: Finish = ({ unit }, span) => {
  if (unit === undefined) return
  if (span.error === null) annotate(unit, () => ({ [SEAMTRACE.checkResult]: dataOf(span).triggered === true ? 'fail' : 'pass' }))
  markIfTold(unit, span)
}

const finishHandoff: Finish = (entry, span) => {
  const { from_agent, to_agent } = dataOf(span)
  const above = contextAt(entry, {})
  const agent = ancestor(entry, 'agent')
  // of several that were asked for one is followed
  if (agent !== undefined) agent.asked = []
  if (above === undefined) return
  dropHandoff(entry.run)
  const facts = { from: nameOf(text(from_agent)), to: nameOf(text(to_agent) || 'unknown'), startTime: entry.startTime }
  const pending = openHandoff({ ...facts, error: toldError(span) }, above)
  if (span.error !== null && text(to_agent) === '') endUnit(pending.unit, pending.endTime)
  else entry.run.handoff = pending
}

/** Nobody took it up. */
const dropHandoff = (run: AgentsRun): void => {
  if (run.handoff !== undefined) endUnit(run.handoff.unit, run.handoff.endTime)
  run.handoff = undefined
}

const finishAgent: Finish = (entry, span) => {
  const { unit, run, received, asked } = entry
  if (unit === undefined) return
  if (received !== undefined) endUnit(received.unit, received.endTime)
  const error = toldError(span)
  if (error !== undefined) {
    markTold(unit, error)
    return
  }
  if (entry.stopped || run.signal?.aborted) {
    run.cancelled = true
    annotate(unit, () => ({ [SEAMTRACE.outcome]: 'cancelled' }))
    return
  }
  // asked for, and neither made nor refused: they are held back until somebody approves
  for (const call of asked) recordApproval(call, undefined, unit.context)
  if (asked.length > 0) annotate(unit, () => ({ [SEAMTRACE.outcome]: 'waiting' }))
  run.waiting = [...run.waiting, ...asked]
}

const finishTask: Finish = (entry, span) => {
  const { run } = entry
  if (isInside(entry)) return
  run.tasks -= 1
  run.error = toldError(span)
  run.signal = undefined
  // the framework ends a trace only when all went well, and does not begin one anew for a run that goes on
  if (run.tasks <= 0 && (!run.open || run.error !== undefined)) finishPart(run)
}

function finishPart(run: AgentsRun): void {
  dropHandoff(run)
  endPart(run)
}

/** It goes on, or nobody said how it ended: its run is unknown. */
function leaveRun(run: AgentsRun): void {
  dropHandoff(run)
  if (run.root !== undefined) giveUp(run.root)
  run.root = undefined
}

const finishOther: Finish = ({ unit }, span) => {
  if (unit !== undefined) whenRecording(unit, () => markIfTold(unit, span))
}

const FINISH: Readonly<Record<string, Finish>> = {
  agent: finishAgent,
  task: finishTask,
  turn: finishTurn,
  function: finishTool,
  guardrail: finishGuardrail,
  handoff: finishHandoff,
  generation: finishModel,
  response: finishModel,
  transcription: finishModel,
  speech: finishModel,
}

const finishEntry = (entry: Entry, span: AgentsSpan): void => (FINISH[entry.type] ?? finishOther)(entry, span)
