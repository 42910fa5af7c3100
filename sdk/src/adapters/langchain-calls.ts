// Tools, models and retrievers of LangChain inside a node, by LangChain's own callbacks; what another instrumentation records is left to it.
import { type Context, context, type HrTime, SpanKind } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { toolUnit } from '../call.ts'
import { startClock } from '../clock.ts'
import { digestOf, isRecord } from '../payload.ts'
import { contentAttribute, nameOf } from '../redact.ts'
import { retrievalUnit } from '../retrieval.ts'
import { safely } from '../safe.ts'
import { scopeOf } from '../scope.ts'
import { seenCalls, unwatched } from '../seen-calls.ts'
import { endUnit, giveUp, markThrown, openUnit, type Recorded, whenRecording } from '../unit.ts'
import { markToolError } from './langchain-refused.ts'
import { askedOf, modelOf, providerOf, recordReply, toolResultOf } from './langchain-replies.ts'

/** One call while it runs. Its span is made when it ends: only then it is known whether somebody else has told of it. */
interface LangChainCall {
  readonly recorded: Recorded
  readonly name: string | undefined
  readonly startTime: HrTime
  /** where it began: LangChain's callbacks cannot set a context for what runs inside of it */
  readonly at: Context
  readonly seenBefore: number
}

const HANDLER_NAME = 'seamtrace'

type Handle = (...args: readonly unknown[]) => void

export interface CallHandler {
  readonly name: typeof HANDLER_NAME
  readonly [setting: string]: unknown
}

/** What LangChain calls for one run of a graph; `end` tells of the calls that never ended. */
export function callHandler(): { handler: CallHandler; end: () => void } {
  const open = new Map<unknown, LangChainCall>()
  const begin = (runId: unknown, name: string | undefined, recorded: Recorded): void => {
    const at = context.active()
    const startTime = (scopeOf(at).clock ?? startClock())()
    open.set(runId, { recorded, name, startTime, at, seenBefore: seenCalls(at)?.calls.length ?? 0 })
  }
  const finish = (runId: unknown, how: (call: LangChainCall) => void): void => {
    const call = open.get(runId)
    open.delete(runId)
    if (call !== undefined && !isToldElsewhere(call)) how(call)
  }
  const end: Handle = (value, runId) => finish(runId, (call) => succeed(call, value))
  const fail: Handle = (error, runId) => finish(runId, (call) => failWith(call, error))
  const startModel: Handle = (_model, asked, runId, _parent, extra, _tags, metadata) => {
    const model = modelOf(metadata, extra)
    begin(runId, model, modelCall(model, providerOf(metadata), asked))
  }
  const startTool: Handle = (tool, input, runId, _parent, _tags, _metadata, runName, callId) => {
    const name = nameOf(runName ?? (isRecord(tool) ? tool.name : undefined) ?? 'tool')
    if (typeof callId === 'string') seenCalls(context.active())?.callIds.add(callId)
    const id = typeof callId === 'string' ? { callId } : {}
    begin(runId, name, toolUnit(name, { input: parsed(input), ...id }))
  }
  const startRetriever: Handle = (retriever, query, runId, _parent, _tags, _metadata, runName) => {
    const name = nameOf(runName ?? (isRecord(retriever) && Array.isArray(retriever.id) ? retriever.id.at(-1) : 'retriever'))
    begin(runId, name, retrievalUnit(name, { input: query }))
  }
  const handler: CallHandler = {
    name: HANDLER_NAME,
    // called in line, in the context of who calls the model; a queue would have another
    awaitHandlers: true,
    raiseError: false,
    ignoreLLM: false,
    ignoreAgent: false,
    ignoreRetriever: false,
    ignoreChain: true,
    ignoreCustomEvent: true,
    ...guarded({ handleChatModelStart: startModel, handleLLMStart: startModel, handleLLMEnd: end, handleLLMError: fail }),
    ...guarded({ handleToolStart: startTool, handleToolEnd: end, handleToolError: fail }),
    ...guarded({ handleRetrieverStart: startRetriever, handleRetrieverEnd: end, handleRetrieverError: fail }),
  }
  const endAll = (): void => {
    for (const runId of [...open.keys()]) safely(() => finish(runId, leave))
  }
  return { handler, end: endAll }
}

const guarded = (handles: Record<string, Handle>): Record<string, Handle> =>
  Object.fromEntries(Object.entries(handles).map(([name, handle]) => [name, (...args: unknown[]) => void safely(() => handle(...args))]))

const parsed = (input: unknown): unknown => {
  if (typeof input !== 'string') return input
  try {
    return JSON.parse(input)
  } catch {
    return input
  }
}

/** The callbacks of a call, with the handler among them: a list, a manager, or none. The given ones stay as they are. */
export function withHandler(callbacks: unknown, handler: CallHandler): unknown {
  if (callbacks === undefined || callbacks === null) return [handler]
  if (Array.isArray(callbacks)) return callbacks.some(isOurs) ? callbacks : [...callbacks, handler]
  if (!isRecord(callbacks) || typeof callbacks.copy !== 'function' || !Array.isArray(callbacks.handlers)) return callbacks
  // a graph called by a node of another: its handler is passed on, and sees all
  return callbacks.handlers.some(isOurs) ? callbacks : callbacks.copy([handler])
}

const isOurs = (handler: unknown): boolean => isRecord(handler) && handler.name === HANDLER_NAME

function modelCall(model: string | undefined, provider: string | undefined, given: unknown): Recorded {
  const asked = safely(() => askedOf(given))
  return {
    spec: {
      kind: 'model',
      name: model === undefined ? 'chat' : `chat ${model}`,
      spanKind: SpanKind.CLIENT,
      attributes: () => ({ [GEN_AI.operationName]: 'chat', [GEN_AI.providerName]: provider, [GEN_AI.requestModel]: model }),
      details: () => ({ [SEAMTRACE.callInputDigest]: digestOf({ model, asked }), ...contentAttribute(SEAMTRACE.input, asked) }),
    },
    onValue: recordReply,
  }
}

/** A client that is instrumented itself, or a tool that records itself, tells more than the callbacks. */
function isToldElsewhere({ recorded, name, at, seenBefore }: LangChainCall): boolean {
  const { kind } = recorded.spec
  const later = seenCalls(at)?.calls.slice(seenBefore) ?? []
  return later.some((call) => call.kind === kind && (call.name === name || (kind === 'model' && (name === undefined || call.name === ''))))
}

const unitOf = ({ recorded, startTime, at }: LangChainCall) => openUnit({ ...recorded.spec, startTime }, unwatched(at))

function succeed(call: LangChainCall, value: unknown): void {
  const unit = unitOf(call)
  const { result, error } = unit.kind === 'tool' ? toolResultOf(value) : { result: value, error: undefined }
  whenRecording(unit, () => call.recorded.onValue?.(unit, result))
  if (error !== undefined) whenRecording(unit, () => markToolError(unit.span, error))
  endUnit(unit)
}

function failWith(call: LangChainCall, error: unknown): void {
  const unit = unitOf(call)
  markThrown(unit, error)
  endUnit(unit)
}

const leave = (call: LangChainCall): void => giveUp(unitOf(call))
