// Makes the Vercel AI SDK (7) report its calls, through its own telemetry interface: agents, every try of a model, tools, approvals.
import { type Attributes, context, SpanKind } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { resultStatus } from '../call.ts'
import { digestOf, sizeOf } from '../payload.ts'
import { contentAttribute, nameOf } from '../redact.ts'
import { safely } from '../safe.ts'
import { scopeOf } from '../scope.ts'
import { annotate, endUnit, giveUp, markThrown, openUnit, type Unit } from '../unit.ts'
import { recordAnswers, recordRequests, runIdOf } from './ai/approvals.ts'
import { embeddings } from './ai/embeddings.ts'
import { modelEndAttributes, retryAfter } from './ai/facts.ts'
import { finishAfterOutput, listenToCalls } from './ai/output.ts'
import { bounded } from './bounded.ts'
import { type Fields, fields, list, text } from './fields.ts'

/** One call of the library (`generateText`, `streamText` …) while it runs. */
interface Call {
  readonly unit: Unit
  readonly start: Fields
  /** the try of the model that runs now, or has answered and is read */
  model: Unit | undefined
  /** of the inference at hand; 0 before its first try */
  tries: number
  asked: Fields
  readonly tools: Map<string, Unit>
}

/** A `Telemetry` of `ai`, as far as it is used here. */
export interface AiTelemetry {
  onStart(event: unknown): void
  onLanguageModelCallStart(event: unknown): void
  onLanguageModelCallEnd(event: unknown): void
  onToolExecutionStart(event: unknown): void
  onToolExecutionEnd(event: unknown): void
  onStepEnd(event: unknown): void
  onEmbedStart(event: unknown): void
  onEmbedEnd(event: unknown): void
  onRerankStart(event: unknown): void
  onRerankEnd(event: unknown): void
  onEnd(event: unknown): Promise<void>
  onAbort(event: unknown): void
  onError(event: unknown): void
  executeLanguageModelCall<T>(options: { callId: string; execute: () => PromiseLike<T> }): PromiseLike<T>
  executeTool<T>(options: { callId: string; toolCallId: string; execute: () => PromiseLike<T> }): PromiseLike<T>
}

/** More at once than a process runs; what never ends is let go of. */
const MAX_CALLS = 1_000

const AGENT_OPERATIONS = /^ai\.(?:generate|stream)(?:Text|Object)$/

/**
 * A telemetry integration that records every call of the AI SDK: each try of a model with its status, tools, structured output that does
 * not fit, aborts, and approvals that are waited for. It stands instead of `@ai-sdk/otel`, not beside it.
 * @example
 * registerTelemetry(seamtraceTelemetry())
 * await generateText({ model, prompt, telemetry: { functionId: 'support' } })
 */
export function seamtraceTelemetry(): AiTelemetry {
  safely(listenToCalls)
  const embedded = embeddings()
  const calls = bounded<string, Call>(MAX_CALLS, ({ unit }) => giveUp(unit))
  const callOf = (event: unknown): Call | undefined => calls.get(text(fields(event).callId))
  const inCall = (event: unknown, work: (call: Call, event: Fields) => void): void => {
    const call = safely(() => callOf(event))
    if (call !== undefined) safely(() => work(call, fields(event)))
  }
  const finish = (event: unknown, error?: unknown): void =>
    inCall(event, (call, { callId }) => {
      calls.delete(text(callId))
      for (const unit of [...call.tools.values(), ...(call.model ? [call.model] : [])]) endUnit(unit)
      call.tools.clear()
      if (error !== undefined) markEnded(call.unit, error)
      endUnit(call.unit)
    })
  return {
    onStart: (event) =>
      safely(() => {
        const start = fields(event)
        if (AGENT_OPERATIONS.test(text(start.operationId))) calls.set(text(start.callId), openCall(start))
      }),
    onLanguageModelCallStart: (event) =>
      inCall(event, (call, asked) => {
        call.tries = 0
        call.asked = asked
      }),
    executeLanguageModelCall: ({ callId, execute }) => {
      const call = calls.get(callId)
      return call === undefined ? execute() : tryModel(call, execute)
    },
    onLanguageModelCallEnd: (event) => inCall(event, endModel),
    onToolExecutionStart: (event) => inCall(event, startTool),
    executeTool: ({ callId, toolCallId, execute }) => {
      const unit = calls.get(callId)?.tools.get(toolCallId)
      return unit === undefined ? execute() : context.with(unit.context, execute)
    },
    onToolExecutionEnd: (event) => inCall(event, endTool),
    onStepEnd: (event) => inCall(event, recordRefusedCalls),
    onEmbedStart: (event) => safely(() => embedded.start(fields(event))),
    onEmbedEnd: (event) => safely(() => embedded.end(fields(event))),
    onRerankStart: (event) => safely(() => embedded.start(fields(event))),
    onRerankEnd: (event) => safely(() => embedded.end(fields(event))),
    async onEnd(event) {
      const call = safely(() => callOf(event))
      if (call === undefined) return
      inCall(event, ({ unit, start }, end) => {
        recordRequests(unit, start, end)
        annotate(unit, () => contentAttribute(SEAMTRACE.output, end.text))
      })
      const { callId } = call.start
      await finishAfterOutput(call.start, fields(event), (error) => finish({ callId }, error)).catch(() => finish({ callId }))
    },
    onAbort: (event) => {
      inCall(event, ({ unit, model }) => {
        for (const each of model ? [model, unit] : [unit]) annotate(each, () => ({ [SEAMTRACE.outcome]: 'cancelled' }))
      })
      finish(event)
    },
    onError: (event) => {
      safely(() => embedded.fail(text(fields(event).callId), fields(event).error))
      finish(event, fields(event).error ?? event)
    },
  }
}

function openCall(start: Fields): Call {
  const name = text(start.functionId) === '' ? undefined : nameOf(start.functionId)
  const outer = context.active()
  const attributes = (): Attributes => ({
    [GEN_AI.operationName]: 'invoke_agent',
    [GEN_AI.agentName]: name,
    [SEAMTRACE.runId]: scopeOf(outer).run === undefined ? runIdOf(start) : undefined,
  })
  const details = (): Attributes => contentAttribute(SEAMTRACE.input, start.messages)
  const unit = openUnit({ kind: 'agent', name: name ? `invoke_agent ${name}` : 'invoke_agent', attributes, details }, outer)
  recordAnswers(unit, start)
  return { unit, start, model: undefined, tries: 0, asked: {}, tools: new Map() }
}

/** An abort is the caller's wish; a time-out is not. */
function markEnded(unit: Unit, error: unknown): void {
  if (error instanceof Error && error.name === 'AbortError') annotate(unit, () => ({ [SEAMTRACE.outcome]: 'cancelled' }))
  else markThrown(unit, error)
}

async function tryModel<T>(call: Call, execute: () => PromiseLike<T>): Promise<T> {
  call.tries += 1
  const unit = openTry(call)
  call.model = unit
  try {
    return await context.with(unit.context, execute)
  } catch (error) {
    safely(() => {
      annotate(unit, () => retryAfter(error))
      markEnded(unit, error)
    })
    endUnit(unit)
    call.model = undefined
    throw error
  }
}

function openTry({ unit, asked, tries }: Call): Unit {
  const { modelId, provider, messages, instructions, tools } = asked
  const model = nameOf(modelId ?? 'unknown')
  const attributes = (): Attributes => ({
    [GEN_AI.operationName]: 'chat',
    [GEN_AI.requestModel]: model,
    [GEN_AI.providerName]: text(provider).split('.', 1)[0],
    [SEAMTRACE.attemptNumber]: tries > 1 ? tries : undefined,
  })
  const details = (): Attributes => ({
    [SEAMTRACE.callInputDigest]: digestOf({ model, instructions, messages, tools }),
    ...contentAttribute(SEAMTRACE.input, messages),
  })
  return openUnit({ kind: 'model', name: `chat ${model}`, spanKind: SpanKind.CLIENT, attributes, details }, unit.context)
}

function endModel(call: Call, event: Fields): void {
  const { model } = call
  call.model = undefined
  if (model === undefined) return
  annotate(model, () => ({ ...modelEndAttributes(event), ...contentAttribute(SEAMTRACE.output, event.content) }))
  endUnit(model)
}

/** Calls whose input does not fit, or of tools that do not exist: they never run, and the model is told. */
function recordRefusedCalls(call: Call, { content }: Fields): void {
  for (const part of list(content).map(fields))
    if (part.type === 'tool-call' && part.invalid === true && part.providerExecuted !== true) {
      const { toolCallId, error } = part
      startTool(call, part)
      endTool(call, { toolCallId, toolOutput: { type: 'tool-error', error } })
    }
}

const toolCallOf = (event: Fields): Fields => fields(event.toolCall ?? event)

function startTool(call: Call, event: Fields): void {
  const { toolCallId, toolName, input } = toolCallOf(event)
  const name = nameOf(toolName ?? 'tool')
  const attributes = (): Attributes => ({
    [GEN_AI.operationName]: 'execute_tool',
    [GEN_AI.toolName]: name,
    [GEN_AI.toolCallId]: text(toolCallId) || undefined,
  })
  const details = (): Attributes => ({ [SEAMTRACE.callInputDigest]: digestOf(input), ...contentAttribute(SEAMTRACE.input, input) })
  call.tools.set(text(toolCallId), openUnit({ kind: 'tool', name: `execute_tool ${name}`, attributes, details }, call.unit.context))
}

function endTool(call: Call, event: Fields): void {
  const id = text(toolCallOf(event).toolCallId)
  const unit = call.tools.get(id)
  call.tools.delete(id)
  if (unit === undefined) return
  const { type, output, error } = fields(event.toolOutput)
  if (type === 'tool-error') markEnded(unit, error)
  else
    annotate(unit, () => ({
      [SEAMTRACE.toolResultStatus]: resultStatus(output),
      [SEAMTRACE.callOutputSize]: sizeOf(output),
      ...contentAttribute(SEAMTRACE.output, output),
    }))
  endUnit(unit)
}
