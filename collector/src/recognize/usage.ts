// Tokens and cost of one span, in our meaning: input includes cached tokens, output includes reasoning.
import { type Attributes, attributeCount, attributeNumber, costOfCall, GEN_AI, SEAMTRACE, type SpanType } from '@seamtrace/schema'

export type Usage = {
  inputTokens: number
  outputTokens: number
  cachedInputTokens: number
  reasoningTokens: number
  costUsd: string | null
}

const reportedCost = (attributes: Attributes): string | null => {
  const amount = attributeNumber(attributes, SEAMTRACE.costAmount, GEN_AI.costAmount, GEN_AI.cost)
  return amount === null || amount < 0 ? null : amount.toFixed(12)
}

/** @param _emitter name of the convention: some count cached tokens apart */
export const usageOf = (attributes: Attributes, type: SpanType, model: string, _emitter = ''): Usage => {
  const inputTokens = attributeCount(attributes, GEN_AI.inputTokens, GEN_AI.promptTokens)
  const outputTokens = attributeCount(attributes, GEN_AI.outputTokens, GEN_AI.completionTokens)
  const cachedInputTokens = attributeCount(attributes, GEN_AI.cacheReadTokens, GEN_AI.cacheReadTokensOld)
  const reasoningTokens = attributeCount(attributes, GEN_AI.reasoningTokens, GEN_AI.reasoningTokensOld)
  // an agent's usage repeats that of its calls, but may be the only one there is
  const isInference = type === 'model' || type === 'embedding' || type === 'agent'
  const used = inputTokens + outputTokens > 0
  const tokens = { input: inputTokens, cachedInput: cachedInputTokens, output: outputTokens }
  const costUsd = reportedCost(attributes) ?? (isInference && used ? costOfCall(model, tokens) : '0')
  return { inputTokens, outputTokens, cachedInputTokens, reasoningTokens, costUsd }
}
