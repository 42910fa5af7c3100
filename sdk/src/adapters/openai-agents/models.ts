// What a span of the framework tells of an inference: chat completions, the Responses API, and models of other vendors.
import type { Attributes } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { digestOf } from '../../payload.ts'
import { contentAttribute } from '../../redact.ts'
import { count, type Fields, fields, list, text } from '../fields.ts'
import { chatFacts, type Reply, responseFacts } from '../openai-replies.ts'

export interface AskedCall {
  readonly id: string
  readonly name: string
}

export interface ModelFacts {
  readonly model: string
  readonly reply: Reply
  /** what the model was given, when the framework lets it be seen */
  readonly input: unknown
  /** functions that it asked for */
  readonly asked: readonly AskedCall[]
}

export function modelFacts(data: Fields): ModelFacts {
  return data.type === 'response' ? ofResponse(data) : ofGeneration(data)
}

function ofResponse({ _response, _input, response_id }: Fields): ModelFacts {
  const response = fields(_response)
  const reply = responseFacts(response)
  const calls = list(response.output).map(fields)
  return {
    model: text(response.model),
    reply: {
      ...reply,
      attributes: { ...reply.attributes, [GEN_AI.providerName]: 'openai', [GEN_AI.responseId]: text(response_id) || undefined },
    },
    input: _input,
    asked: calls.filter(({ type }) => type === 'function_call').map((call) => ({ id: text(call.call_id), name: text(call.name) })),
  }
}

function ofGeneration({ model, input, output, usage }: Fields): ModelFacts {
  const completion = fields(list(output)[0])
  const isChat = Array.isArray(completion.choices)
  const facts = isChat ? chatFacts(completion) : { attributes: {}, output }
  const calls = list(completion.choices)
    .flatMap((choice) => list(fields(fields(choice).message).tool_calls))
    .map(fields)
  return {
    model: text(model),
    reply: {
      ...facts,
      attributes: {
        ...toldUsage(fields(usage)),
        ...dropUndefined(facts.attributes),
        ...(isChat && { [GEN_AI.providerName]: 'openai' }),
      },
    },
    input,
    asked: calls.map((call) => ({ id: text(call.id), name: text(fields(call.function).name) })),
  }
}

const toldUsage = ({ input_tokens, output_tokens, details }: Fields): Attributes => ({
  [GEN_AI.inputTokens]: count(input_tokens),
  [GEN_AI.outputTokens]: count(output_tokens),
  [GEN_AI.cacheReadTokens]: count(fields(fields(details).input_tokens_details).cached_tokens),
  [GEN_AI.reasoningTokens]: count(fields(fields(details).output_tokens_details).reasoning_tokens),
})

const dropUndefined = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))

/** Of the one inference in a turn. */
export const turnUsage = ({ input_tokens, output_tokens, cached_input_tokens }: Fields): Attributes => ({
  [GEN_AI.inputTokens]: count(input_tokens),
  [GEN_AI.outputTokens]: count(output_tokens),
  [GEN_AI.cacheReadTokens]: count(cached_input_tokens),
})

export const modelAttributes = ({ model, reply, input }: ModelFacts): Attributes => ({
  ...reply.attributes,
  [SEAMTRACE.callInputDigest]: input === undefined ? undefined : digestOf({ model, input }),
  ...contentAttribute(SEAMTRACE.input, input),
  ...contentAttribute(SEAMTRACE.output, reply.output),
})

/** The kinds of what a model was given (`user`, `assistant`, `tool`, `function_call` …), as the keys of a receipt. */
export const kindsOf = (input: unknown): string[] => [
  ...new Set(
    list(input)
      .map(fields)
      .map((item) => text(item.role) || text(item.type))
      .filter((kind) => kind !== ''),
  ),
]
