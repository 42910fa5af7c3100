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

const N8N = 'n8n/2.39.10'
const OF_N8N_MODELS =
  'let the workflow call an agent or model outside n8n that is instrumented: spans of nodes tell neither models nor tokens'
const OF_N8N_TRIES = 'make a loop of nodes instead of the setting "Retry on Fail": n8n makes one span of a node, however often it tried'

/** n8n tells which node ran when, and whether it failed for good; no more. */
const n8nUnseen: Unseen[] = [
  untold(N8N, 'happy_path', ['models', 'inputTokens', 'outputTokens'], ['gpt', '100', '20'], OF_N8N_MODELS),
  untold(N8N, 'tool_error_result', ['models', 'inputTokens', 'outputTokens'], ['gpt', '100', '20'], OF_N8N_MODELS),
  { system: N8N, scenario: 'retry_then_success', twin: 'plain_answer', fields: ['recovered', 'stepAttempts'], remedy: OF_N8N_TRIES },
  { system: N8N, scenario: 'retries_exhausted', twin: 'tool_error', fields: ['stepAttempts', 'exhausted'], remedy: OF_N8N_TRIES },
  {
    system: N8N,
    scenario: 'swallowed_error',
    twin: 'plain_answer',
    fields: ['recovered', 'steps'],
    remedy: 'let the node go on by its error output, to a node of its own: with "Continue" its span is as if all had gone well',
  },
  {
    system: N8N,
    scenario: 'parallel',
    twin: 'handoff',
    fields: ['handoffs'],
    remedy: 'none in n8n: it runs branches one after the other, and spans of nodes do not tell what is connected to what',
  },
]

const HTTP = 'interactions-http/3.1.0'
const OF_BODIES =
  'wrap the work in spans of your own (seamtrace: pipeline(), step(), and one of generate_content with usage): HTTP spans tell no body'
const overHttp = (scenario: string, fields: string[]): Unseen =>
  untold(HTTP, scenario, fields, ['antigravity', ...(fields.includes('inputTokens') ? ['100', '20'] : [])], OF_BODIES)

export const CANNOT_SHOW: readonly Unseen[] = [
  // that turns ran out is told to the program alone; to the spans it is as if the program had stopped it
  untold(
    'claude-code/0.3.329',
    'loop_limit',
    ['outcome', 'seam', 'gap', 'kind'],
    ['max_turns', 'error_max_turns'],
    'run it inside a span of your own that fails when the result is error_max_turns (seamtrace: pipeline())',
  ),
  ...CANNOT_SHOW_PYTHON,
  ...n8nUnseen,
  overHttp('happy_path', ['models', 'inputTokens', 'outputTokens']),
  overHttp('retry_then_success', ['models', 'modelAttempts', 'inputTokens', 'outputTokens']),
  overHttp('plain_refusal', ['models']),
  overHttp('loop_limit', ['models', 'inputTokens', 'outputTokens']),
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
