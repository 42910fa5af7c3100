// The built-in price table: the vendors' published list prices, each with the days on which it held and the page it was read from.
import type { Price, Rates } from './price.ts'

/** The day on which the table was made; a project's own prices go before it. */
export const PRICES_DATE = '2026-11-20'

/**
 * Where the prices come from, and the day whose state of the page is in the table: what copies and dated transcriptions of it told.
 * What was not there, or not for sure, is not in the table: its calls are unpriced.
 */
export const PRICE_SOURCES = {
  openai: { url: 'https://developers.openai.com/api/docs/pricing', asOf: '2026-10-16' },
  openaiPriority: { url: 'https://openai.com/api-priority-processing/', asOf: '2026-11-20' },
  anthropic: { url: 'https://platform.claude.com/docs/en/about-claude/pricing', asOf: '2026-10-24' },
  google: { url: 'https://ai.google.dev/gemini-api/docs/pricing', asOf: '2026-10-07' },
} as const

type Extra = Omit<Price, 'model' | 'rates'>

const atSixDecimals = (rate: number): number => Math.round(rate * 1e6) / 1e6

/** Every rate times `factor`. */
const times = (rates: Rates, factor: number): Rates => {
  const scaled = (rate: number | undefined): number | undefined => (rate === undefined ? undefined : atSixDecimals(rate * factor))
  return {
    input: atSixDecimals(rates.input * factor),
    output: atSixDecimals(rates.output * factor),
    cachedInput: scaled(rates.cachedInput),
    cacheWrite: scaled(rates.cacheWrite),
    cacheWrite1h: scaled(rates.cacheWrite1h),
  }
}

/** Half of input and output; what a cached token costs in a batch is not published for every model. */
const halfUncached = ({ input, output }: Rates): Rates => times({ input, output }, 0.5)

/** In the order of the vendor's table: input, cached input, output. */
const openai = (model: string, [input, cachedInput, output]: [number, number | undefined, number], extra: Extra = {}): Price => {
  const rates: Rates = { input, cachedInput, output }
  const half = { rates: halfUncached(rates) }
  return { model, rates, ...extra, tiers: { batch: half, flex: half, ...extra.tiers } }
}

const priority = (input: number, cachedInput: number, output: number) => ({ priority: { rates: { input, cachedInput, output } } })

/** GPT-5 of the first year: batch and flex are half of everything, cached input too. */
const gpt5 = (model: string, [input, cachedInput, output]: [number, number, number], tiers: Price['tiers'] = {}): Price => {
  const half = { rates: times({ input, cachedInput, output }, 0.5) }
  return openai(model, [input, cachedInput, output], { tiers: { batch: half, flex: half, ...tiers } })
}

/** A prompt of more than 272,000 tokens costs more as a whole; where it is not known how much more, it is unpriced. */
const LONG_OPENAI = { longAbove: 272_000 }

/** GPT-5.6 and later charge writing to the cache, 1.25 times the input; processing in one region costs a tenth more. */
const gpt6 = (model: string, [input, cachedInput, output]: [number, number, number], days: Pick<Extra, 'from' | 'until'>): Price => {
  const price = openai(model, [input, cachedInput, output], { ...LONG_OPENAI, ...days, regional: 1.1 })
  return { ...price, rates: { ...price.rates, cacheWrite: atSixDecimals(input * 1.25) } }
}

const gpt6Luna = (): Price => {
  const rates: Rates = { input: 0.1, cachedInput: 0.01, cacheWrite: 0.125, output: 0.5 }
  const long: Rates = { ...times(rates, 2), output: 0.75 }
  const tier = (factor: number) => ({ rates: times(rates, factor), long: times(long, factor) })
  const tiers = { batch: tier(0.5), flex: tier(0.5), priority: tier(2) }
  return { model: 'gpt-6-luna', rates, ...LONG_OPENAI, long, tiers, from: '2026-09-22', regional: 1.1 }
}

/** In the order of the vendor's table: input, 5-minute cache write, 1-hour cache write, cache read, output. Batch halves all of them. */
const claude = (model: string, columns: [number, number, number, number, number], extra: Extra = {}): Price => {
  const [input, cacheWrite, cacheWrite1h, cachedInput, output] = columns
  const rates: Rates = { input, cacheWrite, cacheWrite1h, cachedInput, output }
  const batch = { rates: times(rates, 0.5), ...(extra.long ? { long: times(extra.long, 0.5) } : {}) }
  return { model, rates, ...extra, tiers: { batch, ...extra.tiers } }
}

/** From Claude 4.5 on, endpoints of one region cost a tenth more on Bedrock and Vertex. */
const REGIONAL = { regional: 1.1 }

const SONNET: [number, number, number, number, number] = [3, 3.75, 6, 0.3, 15]
const OPUS: [number, number, number, number, number] = [5, 6.25, 10, 0.5, 25]
const OLD_OPUS: [number, number, number, number, number] = [15, 18.75, 30, 1.5, 75]
const FABLE: [number, number, number, number, number] = [10, 12.5, 20, 1, 50]
const FABLE_51: [number, number, number, number, number] = [10, 12.5, 20, 0.25, 50]
const LONG_SONNET = { longAbove: 200_000, long: { input: 6, cacheWrite: 7.5, cacheWrite1h: 12, cachedInput: 0.6, output: 22.5 } }
const fast = (input: number, output: number) => ({ tiers: { fast: { rates: { input, output } } } })

const gemini = (model: string, rates: Rates, extra: Extra = {}): Price => {
  const batch = { rates: halfUncached(rates), ...(extra.long ? { long: halfUncached(extra.long) } : {}) }
  return { model, rates, ...extra, tiers: { batch } }
}

const PRO: [Rates, Extra] = [
  { input: 2, cachedInput: 0.2, output: 12 },
  { longAbove: 200_000, long: { input: 4, cachedInput: 0.4, output: 18 } },
]

/** USD per million tokens. One model may stand here several times, for different days. */
export const PRICES: readonly Price[] = [
  gpt6('gpt-6-astra', [10, 1, 50], { from: '2026-09-03' }),
  gpt6('gpt-6-sol', [2, 0.2, 10], { from: '2026-09-22' }),
  gpt6Luna(),
  gpt6('gpt-5.6-sol', [5, 0.5, 30], { from: '2026-07-09', until: '2026-08-21' }),
  // a promotion that was promised until 2026-11-21; what comes then was not published
  gpt6('gpt-5.6-sol', [4, 0.4, 20], { from: '2026-08-21', until: '2026-11-22' }),
  gpt6('gpt-5.6-terra', [2.5, 0.25, 15], { from: '2026-07-09', until: '2026-07-30' }),
  gpt6('gpt-5.6-terra', [2, 0.2, 12], { from: '2026-07-30' }),
  gpt6('gpt-5.6-luna', [1, 0.1, 6], { from: '2026-07-09', until: '2026-07-30' }),
  gpt6('gpt-5.6-luna', [0.2, 0.02, 1.2], { from: '2026-07-30' }),
  openai('gpt-5.5', [5, 0.5, 30], { ...LONG_OPENAI, regional: 1.1, tiers: priority(12.5, 1.25, 75) }),
  openai('gpt-5.4', [2.5, 0.25, 15], { ...LONG_OPENAI, regional: 1.1, tiers: priority(5, 0.5, 30) }),
  openai('gpt-5.4-mini', [0.75, 0.075, 4.5], { tiers: priority(1.5, 0.15, 9) }),
  openai('gpt-5.4-nano', [0.2, 0.02, 1.25]),
  openai('gpt-5.3-codex', [1.75, 0.175, 14]),
  openai('gpt-5.2', [1.75, 0.175, 14], { tiers: priority(3.5, 0.35, 28) }),
  gpt5('gpt-5.1', [1.25, 0.125, 10], priority(2.5, 0.25, 20)),
  gpt5('gpt-5', [1.25, 0.125, 10], priority(2.5, 0.25, 20)),
  gpt5('gpt-5-mini', [0.25, 0.025, 2], priority(0.45, 0.045, 3.6)),
  gpt5('gpt-5-nano', [0.05, 0.005, 0.4]),
  openai('gpt-4.1', [2, 0.5, 8], { tiers: priority(3.5, 0.875, 14) }),
  openai('gpt-4.1-mini', [0.4, 0.1, 1.6]),
  openai('gpt-4.1-nano', [0.1, 0.025, 0.4]),
  openai('gpt-4o', [2.5, 1.25, 10]),
  // the first snapshot kept its price when the later ones became cheaper
  openai('gpt-4o-2024-05-13', [5, undefined, 15]),
  openai('gpt-4o-mini', [0.15, 0.075, 0.6]),
  openai('o4-mini', [1.1, 0.275, 4.4]),
  openai('o3', [10, 2.5, 40], { until: '2025-06-10' }),
  openai('o3', [2, 0.5, 8], { from: '2025-06-10' }),
  openai('o3-mini', [1.1, 0.55, 4.4]),
  openai('o1', [15, 7.5, 60]),
  openai('gpt-4-turbo', [10, undefined, 30]),
  openai('gpt-4', [30, undefined, 60]),
  openai('gpt-4-0613', [30, undefined, 60]),
  openai('gpt-3.5-turbo', [0.5, undefined, 1.5]),
  openai('gpt-3.5-turbo-0125', [0.5, undefined, 1.5]),
  openai('text-embedding-3-small', [0.02, undefined, 0]),
  openai('text-embedding-3-large', [0.13, undefined, 0]),
  openai('text-embedding-ada-002', [0.1, undefined, 0]),

  claude('claude-fable-5-1', FABLE_51, REGIONAL),
  claude('claude-mythos-5-1', FABLE_51, REGIONAL),
  claude('claude-fable-5', FABLE, REGIONAL),
  claude('claude-mythos-5', FABLE, REGIONAL),
  claude('claude-opus-5-5', [4, 5, 8, 0.2, 20], { ...REGIONAL, ...fast(8, 40) }),
  claude('claude-opus-5', OPUS, { ...REGIONAL, ...fast(10, 50) }),
  claude('claude-opus-4-8', OPUS, { ...REGIONAL, ...fast(10, 50) }),
  claude('claude-opus-4-7', OPUS, REGIONAL),
  claude('claude-opus-4-6', OPUS, REGIONAL),
  claude('claude-opus-4-5', OPUS, REGIONAL),
  claude('claude-opus-4-1', OLD_OPUS),
  claude('claude-opus-4', OLD_OPUS),
  claude('claude-3-opus', OLD_OPUS),
  claude('claude-sonnet-5-5', [2, 2.5, 4, 0.2, 10], { ...REGIONAL, until: '2026-10-07' }),
  claude('claude-sonnet-5-5', [2, 2.5, 4, 0.1, 10], { ...REGIONAL, from: '2026-10-07' }),
  claude('claude-sonnet-5', [2, 2.5, 4, 0.2, 10], REGIONAL),
  claude('claude-sonnet-4-6', SONNET, REGIONAL),
  claude('claude-sonnet-4-5', SONNET, { ...REGIONAL, ...LONG_SONNET }),
  claude('claude-sonnet-4', SONNET, LONG_SONNET),
  claude('claude-3-7-sonnet', SONNET),
  claude('claude-3-5-sonnet', SONNET),
  claude('claude-haiku-5-5', [0.1, 0.125, 0.2, 0.01, 0.5], {
    ...REGIONAL,
    longAbove: 100_000,
    long: { input: 0.5, cacheWrite: 0.625, cacheWrite1h: 1, cachedInput: 0.05, output: 2.5 },
  }),
  claude('claude-haiku-4-5', [1, 1.25, 2, 0.1, 5], REGIONAL),
  claude('claude-3-5-haiku', [0.8, 1, 1.6, 0.08, 4]),
  claude('claude-3-haiku', [0.25, 0.3, 0.5, 0.03, 1.25]),

  // introductory until the end of the year; what cached input costs was not read
  gemini('gemini-3.8-flash', { input: 0.75, output: 3.75 }, { until: '2027-01-01' }),
  gemini('gemini-3.8-flash', { input: 1.5, output: 7.5 }, { from: '2027-01-01' }),
  gemini('gemini-3.5-flash', { input: 1.5, cachedInput: 0.15, output: 9 }),
  gemini('gemini-3.5-flash-lite', { input: 0.3, audioInput: 0.3, output: 2.5 }),
  gemini('gemini-3.1-pro-preview', ...PRO),
  gemini('gemini-3-pro-preview', ...PRO),
  gemini(
    'gemini-2.5-pro',
    { input: 1.25, cachedInput: 0.125, output: 10 },
    { longAbove: 200_000, long: { input: 2.5, cachedInput: 0.25, output: 15 } },
  ),
  gemini('gemini-2.5-flash', { input: 0.3, audioInput: 1, cachedInput: 0.03, output: 2.5 }),
  gemini('gemini-2.5-flash-lite', { input: 0.1, audioInput: 0.3, cachedInput: 0.01, output: 0.4 }),
  gemini('gemini-embedding-001', { input: 0.15, output: 0 }),
]
