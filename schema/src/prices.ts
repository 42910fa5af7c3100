// The built-in price table: USD per million tokens, by model name prefix, and what a call costs by it.
import { decimalUsd } from './money.ts'

/** The day these prices were taken down; a project's own table goes before them. */
export const PRICES_DATE = '2026-11-20'

/** USD per 1,000,000 tokens. `cachedInput` is the price of input read from a cache. */
export type Price = { model: string; input: number; cachedInput: number; output: number }

/** The vendors' published list prices. */
export const PRICES: readonly Price[] = [
  { model: 'gpt-4o-mini', input: 0.15, cachedInput: 0.075, output: 0.6 },
  { model: 'gpt-4o', input: 2.5, cachedInput: 1.25, output: 10 },
  { model: 'gpt-4.1-nano', input: 0.1, cachedInput: 0.025, output: 0.4 },
  { model: 'gpt-4.1-mini', input: 0.4, cachedInput: 0.1, output: 1.6 },
  { model: 'gpt-4.1', input: 2, cachedInput: 0.5, output: 8 },
  { model: 'gpt-5-nano', input: 0.05, cachedInput: 0.005, output: 0.4 },
  { model: 'gpt-5-mini', input: 0.25, cachedInput: 0.025, output: 2 },
  { model: 'gpt-5', input: 1.25, cachedInput: 0.125, output: 10 },
  { model: 'claude-haiku-4-5', input: 1, cachedInput: 0.1, output: 5 },
  { model: 'claude-sonnet-4-5', input: 3, cachedInput: 0.3, output: 15 },
  { model: 'claude-sonnet-4', input: 3, cachedInput: 0.3, output: 15 },
  { model: 'gemini-2.5-flash', input: 0.3, cachedInput: 0.03, output: 2.5 },
  { model: 'gemini-2.5-pro', input: 1.25, cachedInput: 0.125, output: 10 },
  { model: 'text-embedding-3-small', input: 0.02, cachedInput: 0.02, output: 0 },
  { model: 'text-embedding-3-large', input: 0.13, cachedInput: 0.13, output: 0 },
]

// What vendors put behind a model's name without changing its price: a date, `latest`, a build number.
const SNAPSHOT = /^(-latest|-\d{8}|-\d{4}-\d{2}-\d{2}|-\d{3,4})?$/

/** The price of a model or of a dated snapshot of it; null when there is none: a variant may cost anything. */
export const priceOf = (model: string, prices: readonly Price[] = PRICES): Price | null =>
  prices.find((price) => model.startsWith(price.model) && SNAPSHOT.test(model.slice(price.model.length))) ?? null

/** USD per million tokens × tokens is USD × 10^-6; prices have at most six decimals, so the product is exact in 10^-12 USD. */
const picoUsd = (pricePerMillion: number, tokens: number): bigint => BigInt(Math.round(pricePerMillion * 1e6)) * BigInt(tokens)

/**
 * Cost of one model call, exact to 10^-12 USD.
 * @param tokens `input` includes cached tokens, `output` includes reasoning (model §8)
 * @returns USD as a decimal string with 12 places, or null when the model has no price
 * @example costOfCall('gpt-4o-mini', { input: 1000, cachedInput: 0, output: 100 }) // '0.000210000000'
 */
export const costOfCall = (
  model: string,
  tokens: { input: number; cachedInput: number; output: number },
  prices: readonly Price[] = PRICES,
): string | null => {
  const price = priceOf(model, prices)
  if (!price) return null
  const cached = Math.min(tokens.cachedInput, tokens.input)
  return decimalUsd(picoUsd(price.input, tokens.input - cached) + picoUsd(price.cachedInput, cached) + picoUsd(price.output, tokens.output))
}
