// What a span tells of tokens and cost, by whatever convention: the numbers as they stand there, and under which key.
import { type Attributes, type AttributeValue, attributeNumber, attributeText, USAGE_KEYS, type UsageField } from '@seamtrace/schema'

/** The counts as an emitter told them. What cached, reasoning and tool tokens are part of differs: token-rules.ts knows. */
export type ToldTokens = {
  input: number
  output: number
  total: number
  cacheRead: number
  cacheWrite: number
  cacheWrite1h: number
  reasoning: number
  toolPrompt: number
  audioInput: number
  audioOutput: number
}

export type ToldUsage = {
  /** null when no count stands there at all: that is silence, not 0 */
  tokens: ToldTokens | null
  /** the keys that were read, by field */
  keys: Partial<Record<UsageField, string>>
  serviceTier: string
  /** what LangChain says it cost, in USD: 0 for what came out of its own cache */
  langChainCost: number | null
}

type Place = { field: UsageField; rank: number }

const PLACES: ReadonlyMap<string, Place> = new Map(
  Object.entries(USAGE_KEYS).flatMap(([field, keys]) => keys.map((key, rank) => [key, { field: field as UsageField, rank }] as const)),
)

const TEXTS: ReadonlySet<UsageField> = new Set([
  'serviceTier',
  'currency',
  'inputDetails',
  'outputDetails',
  'usageMetadata',
  'providerMetadata',
  'adkResponse',
] as const)

const isBefore = (rank: number, key: string | undefined): boolean => key === undefined || rank < (PLACES.get(key)?.rank ?? 0)

/** One pass over what the span has, instead of asking it for eighty keys. */
const keysOf = (attributes: Attributes): ToldUsage['keys'] | null => {
  let keys: ToldUsage['keys'] | null = null
  for (const key of attributes.keys()) {
    const place = PLACES.get(key)
    if (!place || !isBefore(place.rank, keys?.[place.field])) continue
    if (!TEXTS.has(place.field) && attributeNumber(attributes, key) === null) continue
    keys ??= {}
    keys[place.field] = key
  }
  return keys
}

// A million times the longest prompt there is; sums of such counts are still whole numbers.
const LARGEST_COUNT = 1e12

const countOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.min(Math.floor(value), LARGEST_COUNT) : 0

type Json = Record<string, unknown>

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

// Usage is small; what is longer holds something else.
const LONGEST_JSON = 64 * 1024

const jsonOf = (value: AttributeValue | undefined): Json => {
  if (typeof value !== 'string' || value.length > LONGEST_JSON) return {}
  try {
    const parsed: unknown = JSON.parse(value)
    return isJson(parsed) ? parsed : {}
  } catch {
    return {}
  }
}

const within = (json: Json, key: string): Json => {
  const found = json[key]
  return isJson(found) ? found : {}
}

/** LangSmith hands LangChain's `usage_metadata` on, whole or in parts. With a time to live told, `cache_creation` may be their sum or 0. */
const langSmithDetails = (input: Json, output: Json): Partial<ToldTokens> => {
  const longLived = countOf(input.ephemeral_1h_input_tokens)
  return {
    cacheRead: countOf(input.cache_read),
    cacheWrite: Math.max(countOf(input.cache_creation), countOf(input.ephemeral_5m_input_tokens) + longLived),
    cacheWrite1h: longLived,
    audioInput: countOf(input.audio),
    reasoning: countOf(output.reasoning),
    audioOutput: countOf(output.audio),
  }
}

/** The AI SDK before 6: cache writes, and before 5 cache reads, stand only in what the provider said. */
const aiSdkDetails = (metadata: Json): Partial<ToldTokens> => {
  const [anthropic, openai] = [within(metadata, 'anthropic'), within(metadata, 'openai')]
  const bedrock = within(within(metadata, 'bedrock'), 'usage')
  const creation = within(within(anthropic, 'usage'), 'cache_creation')
  return {
    cacheRead: countOf(anthropic.cacheReadInputTokens) || countOf(openai.cachedPromptTokens) || countOf(bedrock.cacheReadInputTokens),
    cacheWrite: countOf(anthropic.cacheCreationInputTokens) || countOf(bedrock.cacheWriteInputTokens),
    cacheWrite1h: countOf(creation.ephemeral_1h_input_tokens),
    reasoning: countOf(openai.reasoningTokens),
  }
}

const aiSdkTier = (metadata: Json): string => {
  const tier = within(metadata, 'openai').serviceTier ?? within(within(metadata, 'anthropic'), 'usage').service_tier
  return typeof tier === 'string' ? tier : ''
}

// The answer can be megabytes of text; its usage is a few hundred bytes behind this key. Within a text its quotes are escaped.
const ADK_USAGE = /"usage_?metadata":/i
const ADK_USAGE_SIZE = 4096

/** Gemini's own counts, in the spelling of Python or of JavaScript. */
const adkCounts = (answer: AttributeValue | undefined): Partial<ToldTokens> => {
  if (typeof answer !== 'string') return {}
  const start = answer.search(ADK_USAGE)
  if (start < 0) return {}
  const usage = answer.slice(start, start + ADK_USAGE_SIZE)
  const count = (snake: string, camel: string): number =>
    Number(new RegExp(`"(?:${snake}|${camel})":\\s*(\\d{1,15})`).exec(usage)?.[1] ?? 0)
  const input = count('prompt_token_count', 'promptTokenCount')
  if (input === 0) return {}
  return {
    input,
    output: count('candidates_token_count', 'candidatesTokenCount'),
    total: count('total_token_count', 'totalTokenCount'),
    cacheRead: count('cached_content_token_count', 'cachedContentTokenCount'),
    reasoning: count('thoughts_token_count', 'thoughtsTokenCount'),
    toolPrompt: count('tool_use_prompt_token_count', 'toolUsePromptTokenCount'),
  }
}

const COUNTS = [
  'input',
  'output',
  'total',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'reasoning',
  'toolPrompt',
  'audioInput',
  'audioOutput',
] as const satisfies (keyof ToldTokens)[]

const withDetails = (tokens: ToldTokens, details: Partial<ToldTokens>): ToldTokens => {
  const all = { ...tokens }
  for (const field of COUNTS) if (all[field] === 0) all[field] = details[field] ?? 0
  return all
}

/** Null when the span tells nothing of the kind, as most spans. */
export const toldUsageOf = (attributes: Attributes): ToldUsage | null => {
  const keys = keysOf(attributes)
  if (!keys) return null
  const countAt = (key: string | undefined): number => (key === undefined ? 0 : countOf(attributeNumber(attributes, key)))
  const textAt = (field: UsageField): AttributeValue | undefined => (keys[field] ? attributes.get(keys[field]) : undefined)
  const adk = keys.adkResponse ? adkCounts(textAt('adkResponse')) : {}
  const metadata = keys.providerMetadata ? jsonOf(textAt('providerMetadata')) : {}
  const serviceTier = (keys.serviceTier && attributeText(attributes, keys.serviceTier)) || aiSdkTier(metadata)
  const usage = keys.usageMetadata ? jsonOf(textAt('usageMetadata')) : {}
  const langChainCost = typeof usage.total_cost === 'number' && usage.total_cost >= 0 ? usage.total_cost : null
  if (!keys.input && !keys.output && adk.input === undefined) return { tokens: null, keys, serviceTier, langChainCost }
  let tokens: ToldTokens = {
    input: countAt(keys.input),
    output: countAt(keys.output),
    total: countAt(keys.total),
    cacheRead: countAt(keys.cacheRead),
    cacheWrite: countAt(keys.cacheWrite),
    cacheWrite1h: countAt(keys.cacheWrite1h),
    reasoning: countAt(keys.reasoning),
    toolPrompt: countAt(keys.toolPrompt),
    audioInput: countAt(keys.audioInput),
    audioOutput: countAt(keys.audioOutput),
    ...adk,
  }
  if (keys.inputDetails || keys.outputDetails)
    tokens = withDetails(tokens, langSmithDetails(jsonOf(textAt('inputDetails')), jsonOf(textAt('outputDetails'))))
  if (keys.usageMetadata)
    tokens = withDetails(tokens, langSmithDetails(within(usage, 'input_token_details'), within(usage, 'output_token_details')))
  if (keys.providerMetadata) tokens = withDetails(tokens, aiSdkDetails(metadata))
  return { tokens, keys, serviceTier, langChainCost }
}
