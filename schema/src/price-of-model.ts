// Finds the price of a model on a day: the project's own prices first, then the built-in table; never by a mere beginning of the name.
import { z } from 'zod'
import { modelName } from './model-name.ts'
import { type CallTerms, costByPrice, type Price, SERVICE_TIERS, type Tokens } from './price.ts'
import { PRICES, PRICES_DATE } from './prices.ts'

const Rate = z.number().min(0).max(1_000_000).multipleOf(0.000001)
const RatesShape = z.strictObject({
  input: Rate,
  output: Rate,
  cachedInput: Rate.optional(),
  cacheWrite: Rate.optional(),
  cacheWrite1h: Rate.optional(),
  audioInput: Rate.optional(),
  audioOutput: Rate.optional(),
  reasoning: Rate.optional(),
})
const PlanShape = z.strictObject({ rates: RatesShape, long: RatesShape.optional() })

/** A price that a project set itself: what it agreed with its vendor, or what its own machines cost. */
export const ProjectPrice = PlanShape.extend({
  /** a name, or a pattern in which * stands for any text: `gpt-4.1*` */
  model: z.string().trim().min(1).max(200),
  /** likewise; without one it holds whoever the provider is */
  provider: z.string().trim().min(1).max(200).optional(),
  longAbove: z.int().min(1).optional(),
  from: z.iso.date().optional(),
  until: z.iso.date().optional(),
  regional: z.number().min(1).max(10).optional(),
  tiers: z.partialRecord(z.enum(SERVICE_TIERS), PlanShape).optional(),
})
  .refine(({ from, until }) => from === undefined || until === undefined || from < until, {
    path: ['until'],
    error: 'is not after from: it is the first day on which the price does not hold any more',
  })
  .refine(({ long, longAbove }) => long === undefined || longAbove !== undefined, {
    path: ['longAbove'],
    error: 'is needed beside long: it says how many tokens make a prompt long',
  })
export type ProjectPrice = z.infer<typeof ProjectPrice>

const DAY_MS = 86_400_000

const READ_MS = Date.parse(PRICES_DATE)

/** Days as milliseconds, so that no call has to read a date. */
type Dated = { price: Price; fromMs: number; untilMs: number }

const dated = (price: Price): Dated => ({
  price,
  fromMs: price.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(price.from),
  untilMs: price.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(price.until),
})

const holds = ({ fromMs, untilMs }: Dated, atMs: number): boolean => atMs >= fromMs && atMs < untilMs

const BUILT_IN: ReadonlyMap<string, readonly Dated[]> = Map.groupBy(PRICES.map(dated), ({ price }) => price.model)

const builtIn = (names: readonly string[], atMs: number): Price | null => {
  for (const name of names) {
    const known = BUILT_IN.get(name)
    // a model that has a price on other days only has none today: that of its family may be another
    if (known) return known.find((one) => holds(one, atMs))?.price ?? null
  }
  return null
}

/** Piece by piece instead of as a regular expression, which some patterns would keep busy for minutes. */
const matches = (pattern: string, name: string): boolean => {
  const pieces = pattern.toLowerCase().split('*')
  const [first = '', ...rest] = pieces
  const last = rest.pop()
  if (last === undefined) return name === first
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found < 0 || found + piece.length > name.length - last.length) return false
    at = found + piece.length
  }
  return true
}

const isPattern = ({ model }: ProjectPrice): number => Number(model.includes('*'))

/** A name before a pattern, the longer pattern before the shorter, one for the provider before one for all, the newer before the older. */
const moreSpecific = (a: ProjectPrice, b: ProjectPrice): number =>
  isPattern(a) - isPattern(b) ||
  b.model.length - a.model.length ||
  (b.provider ?? '').length - (a.provider ?? '').length ||
  ((a.from ?? '') < (b.from ?? '') ? 1 : (a.from ?? '') > (b.from ?? '') ? -1 : 0)

const ofProvider = ({ provider }: ProjectPrice, asked: string): boolean => provider === undefined || matches(provider, asked.toLowerCase())

const ofProject = (prices: readonly ProjectPrice[], names: readonly string[], provider: string, atMs: number): Price | null =>
  prices
    .filter((price) => holds(dated(price), atMs) && ofProvider(price, provider) && names.some((name) => matches(price.model, name)))
    .sort(moreSpecific)
    .at(0) ?? null

export type PriceQuery = {
  /** when the call was made, in milliseconds since 1970; the day of the built-in prices when nobody knows */
  atMs?: number | undefined
  /** prices of the project: they go before the built-in ones */
  project?: readonly ProjectPrice[] | undefined
  /** whom the model was asked of, as the conventions call it: prices of a project may depend on it */
  provider?: string | undefined
}

/** The price that a project set for a model; null when it set none. */
export const projectPriceOf = (model: string, { atMs = READ_MS, project = [], provider = '' }: PriceQuery): Price | null =>
  project.length === 0 ? null : ofProject(project, [model.trim().toLowerCase(), ...modelName(model).names], provider, atMs)

/**
 * The price of a model; null when there is none: a variant may cost anything.
 * @example priceOf('openai/gpt-4.1-2025-04-14')?.model // 'gpt-4.1'
 */
export const priceOf = (model: string, query: PriceQuery = {}): Price | null => priceOfNames(model, modelName(model).names, query)

const priceOfNames = (
  model: string,
  names: readonly string[],
  { atMs = READ_MS, project = [], provider = '' }: PriceQuery,
): Price | null => {
  const own = project.length === 0 ? null : ofProject(project, [model.trim().toLowerCase(), ...names], provider, atMs)
  return own ?? builtIn(names, atMs)
}

/**
 * Cost of one call, exact to 10^-12 USD.
 * @returns USD as a decimal string with 12 places; null when it cannot be told: never 0 for what is unknown
 * @example costOfCall('gpt-4o-mini', { input: 1000, cachedInput: 0, output: 100 }) // '0.000210000000'
 */
export const costOfCall = (model: string, tokens: Tokens, query: PriceQuery & CallTerms = {}): string | null => {
  const { names, regional } = modelName(model)
  const price = priceOfNames(model, names, query)
  return price && costByPrice(price, tokens, { tier: query.tier ?? '', regional: regional || query.regional === true })
}

/** A time in nanoseconds as prices need it: to the microsecond is enough for days. Before 1970 and after 2100 it tells no day. */
export const priceTime = (unixNano: bigint): number | undefined => {
  const ms = Number(unixNano) / 1e6
  return ms >= DAY_MS && ms < 4_102_444_800_000 ? ms : undefined
}
