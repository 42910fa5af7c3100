// What the Python systems cannot show, and the line that a user adds to see it.
import type { Unseen } from './cannot-show.ts'

const HTTPX_SPANS =
  'instrument the HTTP client too (opentelemetry-instrumentation-httpx, for newer clients its HTTPX2ClientInstrumentor): each attempt is a span of its own'

const hiddenRetry = (system: string, remedy = HTTPX_SPANS): Unseen => ({
  system,
  scenario: 'retry_then_success',
  twin: 'plain_answer',
  fields: ['recovered', 'modelAttempts'],
  remedy,
})

const hiddenRefusals = (system: string): Unseen => ({
  system,
  scenario: 'retries_exhausted',
  twin: 'plain_refusal',
  fields: ['modelAttempts', 'exhausted'],
  remedy: HTTPX_SPANS,
})

/** The vendor's client tries again inside the one span of the inference; how often stands nowhere. */
const uncounted = (system: string, attempts: string, fields = ['modelAttempts', 'exhausted']): Unseen => ({
  system,
  scenario: 'retries_exhausted',
  absent: [attempts],
  fields,
  remedy: HTTPX_SPANS,
})

const OF_EMBEDDINGS = 'instrument the OpenAI client too (openinference-instrumentation-openai): LlamaIndex tells no tokens of embeddings'

const uncountedEmbedding = (scenario: string): Unseen => ({
  system: 'llama-index-py/0.14.25',
  scenario,
  fields: ['inputTokens'],
  absent: ['7'],
  remedy: OF_EMBEDDINGS,
})

const unseenCheck = (system: string, checks: string): Unseen => ({
  system,
  scenario: 'failed_check',
  fields: ['calls'],
  absent: ['names_the_order'],
  remedy: `no span is made of ${checks}: make one with seamtrace.span.kind=check, seamtrace.check.name and seamtrace.check.result`,
})

const unnamed = (scenario: string): Unseen => ({
  system: 'openai-agents-py/0.24.0',
  scenario,
  fields: ['models'],
  absent: ['gpt'],
  remedy: 'instrument the OpenAI client too (openinference-instrumentation-openai): a refused request names its model there',
})

const OF_ARGUMENTS =
  'wrap what is tried again (seamtrace: retry()), or set gen_ai.tool.call.arguments on the span: nothing tells what a tool was asked'

/** MCP's own SDK tells methods and tools, but neither what they were asked nor which resource was read. */
const mcpUnseen = (system: string): Unseen[] => [
  {
    system,
    scenario: 'happy_path',
    fields: ['calls'],
    absent: ['policy'],
    remedy: 'set mcp.resource.uri on the span (seamtrace: retrieval()): nothing tells which resource was read',
  },
  { system, scenario: 'retry_then_success', twin: 'tool_error_result', fields: ['calls', 'callAttempts'], remedy: OF_ARGUMENTS },
  { system, scenario: 'retries_exhausted', twin: 'plain_refusal', fields: ['calls', 'callAttempts', 'exhausted'], remedy: OF_ARGUMENTS },
]

const VERTEX = 'vertex-search-py/2.7.0'
const OF_QUESTIONS = 'wrap what is tried again (seamtrace: retry()): spans of gRPC do not tell what was searched for'

const ASSISTANTS = 'openai-assistants-py/3.52.0'

/** Of a run of an assistant a span is made where its messages are listed, and nowhere else. */
const neverListed = (scenario: string, fields: string[], absent: string[]): Unseen => ({
  system: ASSISTANTS,
  scenario,
  fields,
  absent,
  remedy: 'list the messages of the thread also when its run did not complete: OpenLLMetry makes the span of a run there',
})

export const CANNOT_SHOW_PYTHON: readonly Unseen[] = [
  ...mcpUnseen('mcp-stdio-py/2.3.0'),
  ...mcpUnseen('mcp-http-py/2.3.0'),
  {
    system: 'mcp-http-py/2.3.0',
    scenario: 'human_interrupt',
    twin: 'plain_answer',
    fields: ['calls'],
    remedy: 'ask the person inside a span of your own (seamtrace: human()): that a result only asks for input is not told',
  },
  hiddenRetry('adk-py/2.13.0'),
  hiddenRetry('agent-framework/1.23.0'),
  hiddenRetry('autogen/0.7.5'),
  hiddenRetry('crewai/1.15.30'),
  hiddenRetry('llama-index-py/0.14.25'),
  hiddenRetry('openai-agents-py/0.24.0'),
  hiddenRetry('openllmetry-py/0.62.4'),
  hiddenRefusals('agent-framework/1.23.0'),
  hiddenRefusals('autogen/0.7.5'),
  hiddenRefusals('openai-agents-py/0.24.0'),
  hiddenRefusals('openllmetry-py/0.62.4'),
  hiddenRefusals('pydantic-ai/2.68.0'),
  uncounted('adk-py/2.13.0', '3'),
  uncounted('crewai/1.15.30', '9', ['modelAttempts']),
  uncounted('llama-index-py/0.14.25', '6'),
  ...['plain_answer', 'happy_path', 'retry_then_success', 'retries_exhausted', 'cached_tokens'].map(uncountedEmbedding),
  {
    system: 'openllmetry-py/0.62.4',
    scenario: 'happy_path',
    fields: ['calls'],
    absent: ['policies'],
    remedy: 'set db.collection.name on the span: the instrumentation of Chroma names the database, and not what is searched',
  },
  { system: VERTEX, scenario: 'retry_then_success', twin: 'plain_answer', fields: ['calls', 'callAttempts'], remedy: OF_QUESTIONS },
  {
    system: VERTEX,
    scenario: 'retries_exhausted',
    twin: 'plain_refusal',
    fields: ['calls', 'callAttempts', 'exhausted'],
    remedy: OF_QUESTIONS,
  },
  hiddenRetry(ASSISTANTS),
  neverListed('retries_exhausted', ['models', 'modelAttempts', 'exhausted'], ['gpt', '3']),
  neverListed('plain_refusal', ['models', 'inputTokens', 'outputTokens'], ['gpt', '100', '20']),
  neverListed('tool_error', ['models', 'inputTokens', 'outputTokens'], ['gpt', '100', '20']),
  {
    system: ASSISTANTS,
    scenario: 'cached_tokens',
    fields: ['cachedInputTokens'],
    absent: ['1920'],
    remedy: 'read usage.prompt_token_details of the run and set gen_ai.usage.cache_read.input_tokens on a span of your own',
  },
  unnamed('plain_refusal'),
  unnamed('retries_exhausted'),
  {
    system: 'adk-py/2.13.0',
    scenario: 'swallowed_error',
    fields: ['recovered', 'calls'],
    absent: ['unreachable', 'ConnectionError'],
    remedy: 'make a span of what the tool does (seamtrace: tool()): the callback replaces the error before the tool has ended',
  },
  {
    system: 'openai-agents-py/0.24.0',
    scenario: 'missing_state',
    fields: ['gap', 'kind'],
    absent: ['KeyError'],
    remedy:
      'make the instructions inside a span of your own with seamtrace.span.kind=step that records the exception: the SDK keeps the text of an error, not its type',
  },
  {
    system: 'anthropic-py/2.11.0',
    scenario: 'loop_limit',
    fields: ['outcome', 'seam', 'gap', 'kind'],
    // it asks for something else each time, and nothing tells of a limit
    absent: ['iterations', 'max_iterations', 'limit'],
    remedy: 'run it inside a span of your own that fails when the last message still asks for a tool (seamtrace: pipeline())',
  },
  {
    system: 'adk-py/2.13.0',
    scenario: 'human_waiting',
    fields: ['outcome', 'steps', 'calls'],
    absent: ['confirmation', 'adk_request_confirmation', 'requires', 'approve'],
    remedy: 'set OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY: what the tool answered says that somebody has to confirm it',
  },
  unseenCheck('crewai/1.15.30', 'guardrails'),
  unseenCheck('pydantic-ai/2.68.0', 'validators'),
  {
    system: 'openai-agents-py/0.24.0',
    scenario: 'human_interrupt',
    twin: 'human_waiting',
    fields: ['outcome', 'steps', 'calls', 'models', 'inputTokens', 'outputTokens'],
    remedy: 'put the resumed run inside trace(); OpenInference ignores the spans of a trace that has ended, which the SDK goes on with',
  },
]
