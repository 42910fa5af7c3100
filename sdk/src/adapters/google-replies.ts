// Reads what Google answers, a generated content or an interaction, into the attributes of the GenAI convention.
import type { Attributes } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { isRecord } from '../payload.ts'
import { boundName } from '../redact.ts'
import type { Reply } from './openai-replies.ts'

export type Fields = Record<string, unknown>

const fields = (value: unknown): Fields => (isRecord(value) ? value : {})
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const count = (value: unknown): number => (typeof value === 'number' ? value : 0)
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value : []).map(fields)

/** Words of Google for an answer that was held back, in that of OpenTelemetry; `SAFETY` alone the collector knows. */
const HELD_BACK: ReadonlySet<string> = new Set([
  ...['SAFETY', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'RECITATION', 'IMAGE_SAFETY', 'IMAGE_PROHIBITED_CONTENT'],
  ...['IMAGE_RECITATION', 'MODEL_ARMOR', 'JAILBREAK'],
])

/** Adds up what comes: one answer, or the chunks of a stream, of which each tells the usage up to it. */
export function contentFacts(): (chunk: unknown) => Reply {
  const reasons = new Set<string>()
  let attributes: Attributes = {}
  let said = ''
  let calls = 0
  return (value) => {
    const reply = fields(value)
    for (const candidate of list(reply.candidates)) {
      const parts = list(fields(candidate.content).parts)
      said += parts.map((part) => (part.thought === true ? '' : (text(part.text) ?? ''))).join('')
      calls += parts.filter((part) => isRecord(part.functionCall)).length
      addReason(reasons, text(candidate.finishReason))
    }
    // a prompt that is refused has no candidate
    const refused = text(fields(reply.promptFeedback).blockReason)
    if (refused !== undefined) reasons.add('content_filter')
    // an answer that asks for functions says STOP
    if (calls > 0 && reasons.delete('STOP')) reasons.add('tool_calls')
    attributes = { ...attributes, ...contentIdentity(reply), ...contentUsage(reply.usageMetadata) }
    return {
      attributes: {
        ...attributes,
        ...(reasons.size > 0 && { [GEN_AI.finishReasons]: [...reasons] }),
        ...(calls === 0 && { [SEAMTRACE.callOutputSize]: Buffer.byteLength(said) }),
      },
      output: said,
    }
  }
}

const addReason = (reasons: Set<string>, reason: string | undefined): void => {
  if (reason !== undefined) reasons.add(HELD_BACK.has(reason) ? 'content_filter' : boundName(reason))
}

const contentIdentity = (reply: Fields): Attributes => ({
  ...(text(reply.responseId) && { [GEN_AI.responseId]: text(reply.responseId) }),
  ...(text(reply.modelVersion) && { [GEN_AI.responseModel]: text(reply.modelVersion) }),
})

/** Google counts thinking beside the output, and what its tools put into the prompt beside the prompt. */
function contentUsage(value: unknown): Attributes {
  if (!isRecord(value)) return {}
  return usage({
    input: count(value.promptTokenCount) + count(value.toolUsePromptTokenCount),
    output: count(value.candidatesTokenCount),
    thought: count(value.thoughtsTokenCount),
    cached: count(value.cachedContentTokenCount),
  })
}

function interactionUsage(value: unknown): Attributes {
  if (!isRecord(value)) return {}
  return usage({
    input: count(value.total_input_tokens) + count(value.total_tool_use_tokens),
    output: count(value.total_output_tokens),
    thought: count(value.total_thought_tokens),
    cached: count(value.total_cached_tokens),
  })
}

type Counts = { input: number; output: number; thought: number; cached: number }

const usage = ({ input, output, thought, cached }: Counts): Attributes => ({
  [GEN_AI.inputTokens]: input,
  [GEN_AI.outputTokens]: output + thought,
  [GEN_AI.reasoningTokens]: thought,
  [GEN_AI.cacheReadTokens]: cached,
})

/** A state after which the vendor does nothing more of its own. `requires_action` is an answer too: it asks for a function. */
const ENDS: ReadonlySet<string> = new Set(['completed', 'requires_action', 'failed', 'cancelled', 'incomplete', 'budget_exceeded'])
const FAILURES: ReadonlySet<string> = new Set(['failed', 'incomplete', 'budget_exceeded'])

export interface InteractionFacts extends Reply {
  readonly id: string | undefined
  readonly status: string | undefined
  readonly ended: boolean
  readonly steps: readonly Fields[]
}

/** An interaction as `create`, `get` and `cancel` answer it, or as an event of a stream carries it. */
export function interactionFacts(value: unknown): InteractionFacts {
  const interaction = fields(value)
  const [id, status] = [text(interaction.id), text(interaction.status)]
  const steps = list(interaction.steps)
  const ended = status !== undefined && ENDS.has(status)
  return {
    ...{ id, status, ended, steps },
    attributes: {
      [GEN_AI.responseId]: id,
      [GEN_AI.responseStatus]: status && boundName(status),
      ...(text(interaction.model) && { [GEN_AI.responseModel]: text(interaction.model) }),
      ...interactionUsage(interaction.usage),
      ...(ended && answerFacts(status, steps)),
    },
    output: steps.filter(({ type }) => type === 'model_output').map(({ content }) => content),
    ...(status !== undefined && FAILURES.has(status) && { error: failureOf(status, list(interaction.errors)) }),
  }
}

function answerFacts(status: string, steps: readonly Fields[]): Attributes {
  if (status === 'requires_action') return { [GEN_AI.finishReasons]: ['tool_calls'] }
  if (status === 'cancelled') return { [SEAMTRACE.outcome]: 'cancelled' }
  if (status !== 'completed' || steps.length === 0) return {}
  const parts = steps.filter(({ type }) => type === 'model_output').flatMap(({ content }) => list(content))
  const isText = parts.every((part) => part.type === 'text')
  return isText ? { [SEAMTRACE.callOutputSize]: parts.reduce((sum, part) => sum + Buffer.byteLength(text(part.text) ?? ''), 0) } : {}
}

function failureOf(status: string, errors: readonly Fields[]): Error {
  const [first] = errors
  // the state says more than the code, which is a number of gRPC or missing
  const code = status === 'failed' ? (text(first?.code) ?? status) : status
  return Object.assign(new Error(text(first?.message) ?? `the interaction ended as ${status}`), { name: 'InteractionFailed', code })
}
