// What a system's telemetry cannot show, whoever reads it, and the line that a user adds to see it.
import { CANNOT_SHOW_PYTHON } from './cannot-show-py.ts'

export type Unseen = {
  /** `emitter/version` */
  system: string
  scenario: string
  /** fields of the truth that nobody can tell */
  fields: string[]
  /** what the user does to see it */
  remedy: string
  /** another scenario that went differently and whose spans look the same */
  twin?: string
  /** figures that the vendor reported, or names that the program gave, that stand nowhere in the spans */
  absent?: string[]
}

const HTTP_SPANS = 'instrument the HTTP client too (@opentelemetry/instrumentation-undici): each attempt is a span of its own'
const OWN_SPANS = 'try the work again inside the step and wrap it (seamtrace: retry()): the library tells of no attempt'
const NATIVE =
  'read the usage of the response and set gen_ai.usage.cache_read.input_tokens and gen_ai.usage.reasoning.output_tokens on the span'

const hiddenRetry = (system: string, remedy = HTTP_SPANS, fields = ['recovered', 'modelAttempts']): Unseen => ({
  system,
  scenario: 'retry_then_success',
  twin: 'plain_answer',
  fields,
  remedy,
})

const hiddenRefusals = (system: string, remedy = HTTP_SPANS, fields = ['modelAttempts', 'exhausted']): Unseen => ({
  system,
  scenario: 'retries_exhausted',
  twin: 'plain_refusal',
  fields,
  remedy,
})

/** A figure that the vendor reported, or a word that the program gave, which no span repeats. */
const untold = (system: string, scenario: string, fields: string[], absent: string[], remedy: string): Unseen => ({
  system,
  scenario,
  fields,
  absent,
  remedy,
})

const unreported = (system: string, fields: string[], absent: string[], remedy: string): Unseen =>
  untold(system, 'cached_tokens', fields, absent, remedy)

const OF_REFUSALS =
  'instrument the OpenAI client too (@arizeai/openinference-instrumentation-openai): a refused request names its model there'
const SPAN_IS_DROPPED =
  'instrument the HTTP client too (@opentelemetry/instrumentation-undici): OpenLLMetry sends no span of a request that was refused'
const NO_ANSWER = 'run it inside a span of your own that fails when the last message still asks for a tool (seamtrace: pipeline())'
const STREAMS = 'call streamText(), whose spans tell of both, or take version 7 with new OpenTelemetry({ usage: true })'

export const CANNOT_SHOW: readonly Unseen[] = [
  ...CANNOT_SHOW_PYTHON,
  hiddenRetry('ai-sdk/7.0.173'),
  hiddenRetry('openai-sdk/6.30.1'),
  hiddenRetry('openllmetry-openai/6.30.1'),
  hiddenRefusals('openai-sdk/6.30.1'),
  hiddenRefusals('openllmetry-openai/6.30.1'),
  hiddenRefusals('langsmith/0.10.5'),
  hiddenRetry('mastra/1.71.0', OWN_SPANS, ['recovered', 'stepAttempts']),
  hiddenRefusals('mastra/1.71.0', OWN_SPANS, ['stepAttempts', 'exhausted']),
  untold('openai-agents-js/0.20.0', 'retries_exhausted', ['models', 'modelAttempts'], ['gpt'], OF_REFUSALS),
  untold('openllmetry-openai/6.30.1', 'plain_refusal', ['models'], ['gpt'], SPAN_IS_DROPPED),
  untold('openllmetry-openai/6.30.1', 'retries_exhausted', ['models'], ['gpt'], SPAN_IS_DROPPED),
  // neither what the tools were asked, nor that there is a limit
  untold('anthropic-sdk/1.11.0', 'loop_limit', ['outcome', 'seam', 'gap', 'kind'], ['A-17', 'arguments', 'iterations', 'limit'], NO_ANSWER),
  unreported('ai-sdk-legacy/5.0.277', ['cachedInputTokens', 'reasoningTokens'], ['1536', '1792', '256'], STREAMS),
  unreported('openai-sdk/6.30.1', ['cachedInputTokens', 'reasoningTokens'], ['1536', '1792', '256'], NATIVE),
  unreported('openllmetry-openai/6.30.1', ['cachedInputTokens', 'reasoningTokens'], ['1536', '1792', '256'], NATIVE),
  unreported('ai-sdk/7.0.173', ['reasoningTokens'], ['256'], 'new OpenTelemetry({ usage: true }): details of usage are left out otherwise'),
]
