// Reads what LangChain tells of a model call or a tool's result into the attributes of the GenAI convention.
import type { Attributes } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { isRecord } from '../payload.ts'
import { contentAttribute } from '../redact.ts'
import type { Unit } from '../unit.ts'

type Fields = Record<string, unknown>

const fields = (value: unknown): Fields => (isRecord(value) ? value : {})
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const count = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** The model that is asked for: LangChain's classes tell it in their metadata, some only among the parameters. */
export function modelOf(metadata: unknown, extra: unknown): string | undefined {
  const asked = fields(fields(extra).invocation_params)
  return text(fields(metadata).ls_model_name) ?? text(asked.model) ?? text(asked.model_name) ?? text(asked.modelId)
}

// LangChain's names for vendors, where the convention has another
const PROVIDERS: Record<string, string> = { amazon_bedrock: 'aws.bedrock', azure: 'azure.ai.openai', google_genai: 'gcp.gemini' }

export function providerOf(metadata: unknown): string | undefined {
  const provider = text(fields(metadata).ls_provider)
  return provider === undefined ? undefined : (PROVIDERS[provider] ?? provider)
}

/** What makes two requests the same question: messages without the ids that LangChain gives them. Prompts are texts already. */
export const askedOf = (asked: unknown): unknown =>
  list(asked).map((one) => (Array.isArray(one) ? one.map((message) => messageFacts(fields(message))) : one))

const messageFacts = ({ type, role, content, name, tool_calls, tool_call_id }: Fields): Fields => ({
  role: role ?? type,
  content,
  name,
  tool_calls,
  tool_call_id,
})

/** An `LLMResult`: one list of answers for each prompt. */
export function recordReply(unit: Unit, result: unknown): void {
  const generations = list(fields(result).generations).flatMap(list).map(fields)
  const messages = generations.map((generation) => fields(generation.message))
  const usages = messages.map((message) => fields(message.usage_metadata))
  const said = generations.map((generation) => ({
    ...fields(generation.generationInfo),
    ...fields(fields(generation.message).response_metadata),
  }))
  const reasons = said.map((info) => text(info.finish_reason) ?? text(info.stop_reason) ?? text(info.finishReason)).filter(isText)
  const calledTools = messages.some((message) => list(message.tool_calls).length > 0)
  const answers = generations.map((generation) => text(generation.text) ?? textOfMessage(fields(generation.message)))
  unit.span.setAttributes({
    [GEN_AI.responseModel]: said.map((info) => text(info.model_name) ?? text(info.model)).find(isText),
    [GEN_AI.responseId]: messages.map((message) => text(message.id)).find(isText),
    [GEN_AI.finishReasons]: reasons.length === 0 ? undefined : reasons,
    ...(usages.some((usage) => count(usage.input_tokens) !== undefined) ? usageOf(usages) : oldUsage(fields(result).llmOutput)),
    ...(messages.some((message) => text(fields(message.additional_kwargs).refusal)) ? { [SEAMTRACE.modelRefused]: true } : {}),
    // 0 is an empty answer, unless the model called tools instead
    ...(calledTools ? {} : { [SEAMTRACE.callOutputSize]: answers.reduce((sum, answer) => sum + Buffer.byteLength(answer), 0) }),
    ...contentAttribute(SEAMTRACE.output, calledTools ? messages.map(messageFacts) : answers.join('\n')),
  })
}

const isText = (value: string | undefined): value is string => value !== undefined

function usageOf(usages: readonly Fields[]): Attributes {
  const sum = (read: (usage: Fields) => unknown): number | undefined => {
    const counts = usages.map((usage) => count(read(usage))).filter((one) => one !== undefined)
    return counts.length === 0 ? undefined : counts.reduce((total, one) => total + one, 0)
  }
  return {
    [GEN_AI.inputTokens]: sum((usage) => usage.input_tokens),
    [GEN_AI.outputTokens]: sum((usage) => usage.output_tokens),
    [GEN_AI.cacheReadTokens]: sum((usage) => fields(usage.input_token_details).cache_read),
    [GEN_AI.reasoningTokens]: sum((usage) => fields(usage.output_token_details).reasoning),
  }
}

/** As models that are no chat models tell it, and older classes. */
function oldUsage(llmOutput: unknown): Attributes {
  const usage = fields(fields(llmOutput).tokenUsage)
  return { [GEN_AI.inputTokens]: count(usage.promptTokens), [GEN_AI.outputTokens]: count(usage.completionTokens) }
}

/** Of a message whose content is a text, or blocks some of which are. */
export const textOfMessage = ({ content }: Fields): string =>
  typeof content === 'string'
    ? content
    : list(content)
        .map((block) => text(fields(block).text) ?? '')
        .join('')

/** What a tool gave: its message for the model when a model called it, whose status tells of a failure that was not thrown. */
export function toolResultOf(value: unknown): { result: unknown; error: string | undefined } {
  const isMessage = isRecord(value) && 'tool_call_id' in value && 'content' in value
  if (!isMessage) return { result: value, error: undefined }
  const told = value.content
  return { result: told, error: value.status === 'error' ? textOfMessage(value) : undefined }
}
