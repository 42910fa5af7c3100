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

const unseenCheck = (system: string, checks: string): Unseen => ({
  system,
  scenario: 'failed_check',
  fields: ['calls'],
  absent: ['names_the_order'],
  remedy: `no span is made of ${checks}: make one with seamtrace.span.kind=check, seamtrace.check.name and seamtrace.check.result`,
})

export const CANNOT_SHOW_PYTHON: readonly Unseen[] = [
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
  {
    system: 'openai-agents-py/0.24.0',
    scenario: 'missing_state',
    fields: ['gap', 'kind'],
    absent: ['KeyError'],
    remedy:
      'make the instructions inside a span of your own with seamtrace.span.kind=step that records the exception: the SDK keeps the text of an error, not its type',
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
