// What a span cost by a price that its project set. Pure; asked when a run is analyzed, so that a new price needs no span written anew.
import { costByPrice, GEN_AI, type ProjectPrice, projectPriceOf, type RecognizedSpan, USAGE_KEYS } from '@seamtrace/schema'
import { toldUsageOf } from './told-usage.ts'
import { possibleCost, termsOf } from './usage.ts'

const { adkResponse: _, ...READ } = USAGE_KEYS

/** The attributes that a price may depend on. The whole answer that ADK tells is long, and its counts stand in columns. */
export const PRICED_KEYS: readonly string[] = [...Object.values(READ).flat(), GEN_AI.requestModel, 'server.address']

type Tokens = 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'cacheWriteTokens' | 'reasoningTokens'
/** What is looked at of a span. */
type Priceable = Pick<RecognizedSpan, Tokens | 'attributes' | 'startTimeUnixNano' | 'model' | 'provider' | 'costUsd' | 'costSource'>

const NO_USAGE = { tokens: null, serviceTier: '' }

/**
 * The span with its cost at the project's price, where the project set one for its model and it does not report an amount itself.
 * A price that does not say what some of the tokens cost makes it unpriced: the project's word goes before the built-in table.
 */
export const atProjectPrice = <S extends Priceable>(span: S, project: readonly ProjectPrice[]): S => {
  const { costSource, model, provider, inputTokens, outputTokens } = span
  if ((costSource !== 'priced' && costSource !== 'unpriced') || model === '' || inputTokens + outputTokens === 0) return span
  const told = toldUsageOf(span.attributes) ?? NO_USAGE
  const { atMs, ...terms } = termsOf(span, told, model)
  const price = projectPriceOf(model, { project, provider, atMs })
  if (!price) return span
  const { cacheWrite1h = 0, audioInput = 0, audioOutput = 0 } = told.tokens ?? {}
  const tokens = {
    ...{ input: inputTokens, output: outputTokens, cachedInput: span.cachedInputTokens, cacheWrite: span.cacheWriteTokens },
    ...{ reasoning: span.reasoningTokens, cacheWrite1h, audioInput, audioOutput },
  }
  const costUsd = possibleCost(costByPrice(price, tokens, terms))
  return { ...span, costUsd, costSource: costUsd === null ? 'unpriced' : 'priced' }
}
