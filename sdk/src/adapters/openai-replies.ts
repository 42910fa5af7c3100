// Reads what OpenAI answers, whole or as stream events, into the attributes of the GenAI convention.
import type { Attributes } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { isRecord } from '../payload.ts'
import { safely } from '../safe.ts'

export interface Reply {
  readonly attributes: Attributes
  /** the answer itself, recorded only with content on */
  readonly output?: unknown
  /** set when the request succeeded and the reply says that the model failed */
  readonly error?: Error
}

type Fields = Record<string, unknown>

const fields = (value: unknown): Fields => (isRecord(value) ? value : {})
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const count = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** A chat completion. */
export function chatFacts(reply: unknown): Reply {
  const completion = fields(reply)
  const choices = list(completion.choices).map(fields)
  const messages = choices.map((choice) => fields(choice.message))
  return {
    attributes: {
      ...identity(completion),
      ...finishReasons(choices.map((choice) => text(choice.finish_reason))),
      ...chatUsage(completion.usage),
      ...answerFacts(
        messages.map((message) => text(message.content) ?? ''),
        messages.some((message) => text(message.refusal) !== undefined),
        messages.some((message) => list(message.tool_calls).length > 0),
      ),
    },
    output: choices.map((choice) => choice.message),
  }
}

/** Whether the model declined, and how long its text is: 0 is an empty answer, unless it called tools instead. */
const answerFacts = (texts: readonly string[], refused: boolean, calledTools: boolean): Attributes => ({
  ...(refused ? { [SEAMTRACE.modelRefused]: true } : {}),
  ...(calledTools ? {} : { [SEAMTRACE.callOutputSize]: texts.reduce((sum, answer) => sum + Buffer.byteLength(answer), 0) }),
})

/** An answer of the Responses API; `status: failed` arrives with HTTP 200. */
export function responseFacts(reply: unknown): Reply {
  const response = fields(reply)
  const status = text(response.status)
  const reason = text(fields(response.incomplete_details).reason) ?? status
  return {
    attributes: {
      ...identity(response),
      ...finishReasons([reason]),
      ...responseUsage(response.usage),
      ...conversation(response),
      ...responseAnswer(list(response.output).map(fields)),
    },
    output: response.output,
    ...(status === 'failed' ? { error: modelError(response.error) } : {}),
  }
}

const responseAnswer = (output: readonly Fields[]): Attributes => {
  const parts = output.flatMap((item) => list(item.content)).map(fields)
  return answerFacts(
    parts.map((part) => text(part.text) ?? ''),
    parts.some((part) => part.type === 'refusal'),
    output.some((item) => text(item.type)?.endsWith('_call') ?? false),
  )
}

const identity = (reply: Fields): Attributes => ({ [GEN_AI.responseId]: text(reply.id), [GEN_AI.responseModel]: text(reply.model) })

const conversation = (response: Fields): Attributes => ({ [GEN_AI.conversationId]: text(fields(response.conversation).id) })

function finishReasons(reasons: readonly (string | undefined)[]): Attributes {
  const known = reasons.filter((reason) => reason !== undefined)
  return known.length === 0 ? {} : { [GEN_AI.finishReasons]: known }
}

function chatUsage(value: unknown): Attributes {
  const usage = fields(value)
  return {
    [GEN_AI.inputTokens]: count(usage.prompt_tokens),
    [GEN_AI.outputTokens]: count(usage.completion_tokens),
    [GEN_AI.cacheReadTokens]: count(fields(usage.prompt_tokens_details).cached_tokens),
    [GEN_AI.reasoningTokens]: count(fields(usage.completion_tokens_details).reasoning_tokens),
  }
}

function responseUsage(value: unknown): Attributes {
  const usage = fields(value)
  return {
    [GEN_AI.inputTokens]: count(usage.input_tokens),
    [GEN_AI.outputTokens]: count(usage.output_tokens),
    [GEN_AI.cacheReadTokens]: count(fields(usage.input_tokens_details).cached_tokens),
    [GEN_AI.reasoningTokens]: count(fields(usage.output_tokens_details).reasoning_tokens),
  }
}

function modelError(value: unknown): Error {
  const { code, message } = fields(value)
  return Object.assign(new Error(text(message) ?? 'the model failed'), { name: 'ResponseFailed', code })
}

/** Adds up the chunks of a chat stream; usage comes with the last one when `stream_options.include_usage` is set. */
export function chatChunks(): (chunk: unknown) => Reply {
  let attributes: Attributes = {}
  const reasons: string[] = []
  let output = ''
  return (value) => {
    const chunk = fields(value)
    for (const choice of list(chunk.choices).map(fields)) {
      const reason = text(choice.finish_reason)
      if (reason !== undefined) reasons.push(reason)
      output += text(fields(choice.delta).content) ?? ''
    }
    attributes = { ...attributes, ...identity(chunk), ...(isRecord(chunk.usage) ? chatUsage(chunk.usage) : {}) }
    return { attributes: { ...attributes, ...finishReasons(reasons) }, output }
  }
}

/** Keeps the last snapshot of a Responses stream: every status event carries the whole response. */
export function responseChunks(): (event: unknown) => Reply | undefined {
  let reply: Reply | undefined
  return (event) => {
    const { response } = fields(event)
    if (isRecord(response)) reply = safely(() => responseFacts(response))
    return reply
  }
}
