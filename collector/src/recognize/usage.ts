// Tokens and cost of one span, in our meaning: input includes cached tokens, output includes reasoning.
import {
  type Attributes,
  attributeNumber,
  attributeText,
  type CostSource,
  costOfCall,
  decimalUsd,
  GEN_AI,
  modelName,
  OTEL,
  picoUsd,
  priceTime,
  type Span,
  type SpanType,
} from '@seamtrace/schema'
import { tokensOf, type UsageOrigin } from './token-rules.ts'
import { type ToldUsage, toldUsageOf } from './told-usage.ts'

export type Usage = {
  inputTokens: number
  outputTokens: number
  cachedInputTokens: number
  cacheWriteTokens: number
  reasoningTokens: number
  costUsd: string | null
  costSource: CostSource | ''
}

/** What is read of a span. */
export type UsageSpan = Pick<Span, 'attributes' | 'scopeName' | 'startTimeUnixNano'>

const NOTHING: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costUsd: '0',
  costSource: '',
}

// What the store can hold: six digits before the point. No call costs that; its counts are wrong.
export const possibleCost = (usd: string | null): string | null =>
  usd !== null && usd.length <= '999999.000000000000'.length && !usd.includes('e') ? usd : null

/** Emitters which say 0 for a model that their own table does not know; of the others a 0 is meant. */
const ZERO_IS_UNKNOWN: ReadonlySet<string> = new Set(['gen_ai.usage.cost', 'operation.cost', 'llm.cost.total'])

const reportedCost = (attributes: Attributes, { keys: { cost, currency }, langChainCost }: ToldUsage): string | null => {
  if (!cost) return langChainCost === null ? null : possibleCost(langChainCost.toFixed(12))
  // what was told in another currency is no amount of dollars
  if (currency && attributeText(attributes, currency).toUpperCase() !== 'USD') return null
  const amount = attributeNumber(attributes, cost)
  if (amount === null || amount < 0 || (amount === 0 && ZERO_IS_UNKNOWN.has(cost))) return null
  const exact = picoUsd(attributeText(attributes, cost))
  return possibleCost(exact === null ? amount.toFixed(12) : decimalUsd(exact))
}

const originOf = ({ attributes, scopeName }: UsageSpan): UsageOrigin => ({
  scopeName,
  provider: attributeText(attributes, 'ai.model.provider', GEN_AI.providerName, GEN_AI.system, 'llm.provider'),
  isOldAiSdk: attributes.has('ai.operationId') && !attributes.has('ai.usage.inputTokenDetails.noCacheTokens'),
})

// Addresses of one region, where some models cost more.
const REGIONAL_ADDRESS = /^(?:[a-z]{2}\.api\.openai\.com|[a-z]+-[a-z]+\d+-aiplatform\.googleapis\.com)$/

/** By the address that was asked, or by the name that was asked for: an answer names the model alone. */
const isRegional = (attributes: Attributes, model: string): boolean => {
  const [address, requested] = [attributeText(attributes, 'server.address'), attributeText(attributes, GEN_AI.requestModel)]
  return (address !== '' && REGIONAL_ADDRESS.test(address)) || (requested !== model && modelName(requested).regional)
}

export const termsOf = (
  span: Pick<UsageSpan, 'attributes' | 'startTimeUnixNano'>,
  { serviceTier }: Pick<ToldUsage, 'serviceTier'>,
  model: string,
) => ({
  tier: serviceTier,
  regional: isRegional(span.attributes, model),
  atMs: priceTime(span.startTimeUnixNano),
})

/** What a vendor answers with an error status is not charged; of what broke on the way nobody knows. */
const wasRefused = (attributes: Attributes): boolean =>
  (attributeNumber(attributes, OTEL.httpStatus) ?? 0) >= 400 || /^[45]\d\d$/.test(attributeText(attributes, OTEL.errorType))

/**
 * What a span tells of its usage, and what that cost.
 * @returns `costUsd` null when nobody knows it; '0' without a source when the span tells of no inference
 */
export const usageOf = (span: UsageSpan, type: SpanType, model: string): Usage => {
  const { attributes } = span
  const told = toldUsageOf(attributes)
  const isInference = type === 'model' || type === 'embedding'
  const reported = told && reportedCost(attributes, told)
  if (!told?.tokens) {
    if (reported) return { ...NOTHING, costUsd: reported, costSource: 'reported' }
    // silence is not 0: usage comes at the end of a stream, which a caller may have left before
    return isInference && !wasRefused(attributes) ? { ...NOTHING, costUsd: null, costSource: 'unpriced' } : NOTHING
  }
  const tokens = tokensOf(told.tokens, told.keys, originOf(span))
  const priced = reported ? null : costOfCall(model, tokens, termsOf(span, told, model))
  const costUsd = reported ?? possibleCost(priced)
  return {
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    cachedInputTokens: tokens.cachedInput,
    cacheWriteTokens: tokens.cacheWrite,
    reasoningTokens: tokens.reasoning,
    costUsd,
    costSource: reported ? 'reported' : costUsd === null ? 'unpriced' : 'priced',
  }
}
