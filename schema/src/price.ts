// What a model costs: rates by kind of token, service tier and day; and what one call costs by them.
import { decimalUsd } from './money.ts'

/** USD per 1,000,000 tokens. A kind of token without a rate makes the call that used it unpriced. */
export type Rates = {
  input: number
  output: number
  /** input that was read from a cache */
  cachedInput?: number | undefined
  /** input that was written to a cache for five minutes, or for a time that nobody told */
  cacheWrite?: number | undefined
  cacheWrite1h?: number | undefined
  audioInput?: number | undefined
  audioOutput?: number | undefined
  /** output in which the model reasoned; as other output where it is not told */
  reasoning?: number | undefined
}

/** What a vendor sells besides its standard processing. */
export const SERVICE_TIERS = ['batch', 'flex', 'priority', 'fast'] as const
export type ServiceTier = (typeof SERVICE_TIERS)[number]

/** `long` are the rates of a whole call with a long prompt. */
type Plan = { rates: Rates; long?: Rates | undefined }

export type Price = Plan & {
  model: string
  /** a prompt of more tokens than this is long; without `long` rates its price is unknown */
  longAbove?: number | undefined
  /** first day in UTC, as 2026-11-20 */
  from?: string | undefined
  /** first day on which it does not hold any more */
  until?: string | undefined
  /** factor for processing in one region, where that costs more */
  regional?: number | undefined
  tiers?: Partial<Record<ServiceTier, Plan>> | undefined
}

/** The tokens of one call. Cached, written and audio tokens are part of `input`, `cacheWrite1h` of `cacheWrite`; reasoning is part of `output`. */
export type Tokens = {
  input: number
  output: number
  cachedInput: number
  cacheWrite?: number
  cacheWrite1h?: number
  audioInput?: number
  audioOutput?: number
  reasoning?: number
}

/** How a call was made, as far as its price depends on it. */
export type CallTerms = {
  /** '' and `default` are the vendor's standard */
  tier?: string
  /** it was bound to one region */
  regional?: boolean
}

/** Names that vendors give to their standard processing. */
const STANDARD: ReadonlySet<string> = new Set(['', 'default', 'standard', 'standard_only', 'auto', 'on_demand'])

const isServiceTier = (tier: string): tier is ServiceTier => SERVICE_TIERS.some((known) => known === tier)

const planOf = (price: Price, tier: string): Plan | undefined => {
  if (tier === '') return price
  const name = tier.toLowerCase()
  if (STANDARD.has(name)) return price
  return isServiceTier(name) ? price.tiers?.[name] : undefined
}

/** So many tokens at a rate. */
type Part = [rate: number | undefined, tokens: number]

const micros = (rate: number, factor: number): number => Math.round(rate * factor * 1e6)

/**
 * USD per million tokens × tokens is USD × 10^-6: with rates as whole millionths, whole 10^-12 USD. Numbers hold them exactly up to
 * 9,007 USD, which few calls cost, in a quarter of the time that big integers take.
 */
const sumOf = (parts: readonly Part[], factor: number): bigint | number | null => {
  let sum = 0
  for (const [rate, tokens] of parts) {
    if (tokens === 0) continue
    if (rate === undefined) return null
    sum += micros(rate, factor) * tokens
  }
  if (Number.isSafeInteger(sum)) return sum
  return parts.reduce((all, [rate, tokens]) => all + BigInt(micros(rate ?? 0, factor)) * BigInt(tokens), 0n)
}

/** The kinds of token apart: no token is in two of them, and none is lost, whatever an emitter told. */
const apart = (tokens: Tokens) => {
  const cached = Math.min(tokens.cachedInput, tokens.input)
  const written = Math.min(tokens.cacheWrite ?? 0, tokens.input - cached)
  const written1h = Math.min(tokens.cacheWrite1h ?? 0, written)
  const fresh = tokens.input - cached - written
  const audio = Math.min(tokens.audioInput ?? 0, tokens.input)
  const audioOut = Math.min(tokens.audioOutput ?? 0, tokens.output)
  const reasoning = Math.min(tokens.reasoning ?? 0, tokens.output - audioOut)
  return {
    cached,
    written: written - written1h,
    written1h,
    fresh,
    audio,
    audioOut,
    reasoning,
    output: tokens.output - audioOut - reasoning,
  }
}

/**
 * Cost of one call by a price, exact to 10^-12 USD.
 * @returns USD as a decimal string with 12 places; null when the price does not say what some of the tokens cost
 */
export const costByPrice = (price: Price, tokens: Tokens, { tier = '', regional = false }: CallTerms = {}): string | null => {
  const plan = planOf(price, tier)
  const rates = price.longAbove !== undefined && tokens.input > price.longAbove ? plan?.long : plan?.rates
  if (!rates) return null
  const { cached, written, written1h, fresh, audio, audioOut, reasoning, output } = apart(tokens)
  // nobody tells how much of the cached input was audio
  const mixed = audio > 0 && cached + written + written1h > 0 && rates.audioInput !== rates.input
  if (mixed || audio > fresh) return null
  const factor = regional ? (price.regional ?? 1) : 1
  const parts: Part[] = [
    [rates.input, fresh - audio],
    [rates.output, output],
    [rates.reasoning ?? rates.output, reasoning],
    [rates.cachedInput, cached],
    [rates.cacheWrite, written],
    [rates.cacheWrite1h, written1h],
    [rates.audioInput, audio],
    [rates.audioOutput, audioOut],
  ]
  const sum = sumOf(parts, factor)
  return sum === null ? null : decimalUsd(sum)
}
