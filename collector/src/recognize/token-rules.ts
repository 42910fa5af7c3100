// What the counts of each convention include → our meaning: input includes cached tokens, output includes reasoning (model §8).
import type { Tokens } from '@seamtrace/schema'
import type { ToldTokens, ToldUsage } from './told-usage.ts'

/** Where the counts come from, as far as it decides what they include. */
export type UsageOrigin = { scopeName: string; provider: string; isOldAiSdk: boolean }

export type SpanTokens = Required<Tokens> & { reasoning: number }

/**
 * Input without the cached tokens, by convention:
 * - Claude Code and the flat keys of Cursor's tracer hand on what Anthropic's API says, whose input is what was not cached;
 * - so does the AI SDK before 6 for Claude, on Bedrock too.
 * OTel, OpenInference, OpenLLMetry, Pydantic AI, Mastra, LangSmith and Anthropic's own SDK add them up.
 */
const conventionExcludesCache = (keys: ToldUsage['keys'], { provider, isOldAiSdk }: UsageOrigin): boolean =>
  keys.input === 'input_tokens' ||
  keys.cacheRead === 'llm.token_count.cache_read' ||
  keys.cacheWrite === 'llm.token_count.cache_write' ||
  (isOldAiSdk && /anthropic|bedrock/i.test(provider))

/** Thinking of Gemini comes beside its output in the vendor's own counts, which Traceloop and ADK hand on. */
const conventionExcludesReasoning = (keys: ToldUsage['keys'], { scopeName, provider }: UsageOrigin): boolean =>
  keys.reasoning === 'gen_ai.usage.thoughts_token_count' ||
  keys.adkResponse !== undefined ||
  (keys.reasoning === 'gen_ai.usage.reasoning_tokens' && /google|gemini|vertex/i.test(`${scopeName} ${provider}`))

/**
 * LangChain.js of early 2026 counted the cached tokens of a stream twice, in the details and not in the input: more were cached
 * than came in, and half of them were not.
 * @see https://github.com/langchain-ai/langchainjs/pull/10250
 */
const undoubled = (told: ToldTokens, { scopeName }: UsageOrigin): ToldTokens => {
  const { input, cacheRead, cacheWrite, cacheWrite1h } = told
  const cached = cacheRead + cacheWrite
  if (!/langsmith|langchain/i.test(scopeName) || cached <= input || cached / 2 > input) return told
  if ([cacheRead, cacheWrite, cacheWrite1h].some((count) => count % 2 === 1)) return told
  return { ...told, cacheRead: cacheRead / 2, cacheWrite: cacheWrite / 2, cacheWrite1h: cacheWrite1h / 2 }
}

/** ADK before 1.9 and others tell the total as the output. */
const outputOf = ({ input, output, total }: ToldTokens): number => (total > input && input > 0 && output === total ? total - input : output)

const cacheIsBeside = (told: ToldTokens, byConvention: boolean): boolean => {
  const { input, output, total, cacheRead, cacheWrite, reasoning } = told
  const cached = cacheRead + cacheWrite
  if (cached === 0) return false
  // more cached than there was: whatever a convention says, it was not followed
  if (byConvention || cached > input) return true
  const without = [input + output, input + output + reasoning]
  return !without.includes(total) && without.includes(total - cached)
}

const reasoningIsBeside = (told: ToldTokens, input: number, output: number, byConvention: boolean): boolean => {
  const { total, reasoning } = told
  if (reasoning === 0) return false
  if (reasoning > output) return true
  const inputs = [told.input, told.input + told.toolPrompt, input]
  if (inputs.some((count) => total === count + output)) return false
  return byConvention || inputs.some((count) => total === count + output + reasoning)
}

/** Gemini counts what its tools put into the prompt beside it; the total tells where somebody added it already. */
const toolPromptBeside = ({ input, output, total, reasoning, toolPrompt }: ToldTokens): number =>
  total > 0 && (total === input + output || total === input + output + reasoning) ? 0 : toolPrompt

/** The tokens of a call in our meaning. Where a convention leaves it open, the total that stands beside the counts decides. */
export const tokensOf = (tokens: ToldTokens, keys: ToldUsage['keys'], origin: UsageOrigin): SpanTokens => {
  const told = undoubled(tokens, origin)
  const cacheBeside = cacheIsBeside(told, conventionExcludesCache(keys, origin))
  const input = told.input + (cacheBeside ? told.cacheRead + told.cacheWrite : 0) + toolPromptBeside(told)
  const output = outputOf(told)
  const beside = reasoningIsBeside(told, input, output, conventionExcludesReasoning(keys, origin))
  return {
    input,
    output: output + (beside ? told.reasoning : 0),
    cachedInput: Math.min(told.cacheRead, input),
    cacheWrite: Math.min(told.cacheWrite, input - Math.min(told.cacheRead, input)),
    cacheWrite1h: Math.min(told.cacheWrite1h, told.cacheWrite),
    audioInput: told.audioInput,
    audioOutput: told.audioOutput,
    reasoning: told.reasoning,
  }
}
