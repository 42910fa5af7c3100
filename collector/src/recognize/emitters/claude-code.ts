// Claude Code and the Claude Agent SDK: interactions, requests, tools with the wait for a person apart, subagents, hooks.
import { attributeCount, type Span, type SpanType } from '@seamtrace/schema'
import { emitter, successOf, type Told, textAt } from '../emitter.ts'

const PREFIX = 'claude_code.'

const TYPE_OF_NAME = new Map<string, SpanType>(
  Object.entries({
    interaction: 'agent',
    llm_request: 'model',
    tool: 'tool',
    // the try itself, without the wait that the tool's own span holds too
    'tool.execution': 'attempt',
    'tool.blocked_on_user': 'human',
    hook: 'check',
    // log records, which are recognized as spans are
    api_request: 'model',
    api_error: 'model',
    tool_result: 'tool',
    tool_decision: 'human',
  } as const),
)

const nameOf = ({ name, attributes }: Span): string =>
  name.startsWith(PREFIX) ? name.slice(PREFIX.length) : textAt(attributes, 'span.type')

/** Which subagent is only told with OTEL_LOG_TOOL_DETAILS=1; older versions name the tool Task. */
const SUBAGENT_TOOLS: ReadonlySet<string> = new Set(['Agent', 'Task'])
const isSubagent = ({ attributes }: Span): boolean => attributes.has('subagent_type') || SUBAGENT_TOOLS.has(textAt(attributes, 'tool_name'))
const subagentOf = ({ attributes }: Span): string => textAt(attributes, 'subagent_type') || 'subagent'

/** A span and a log record of the same decision. */
const isDecision = (span: Span): boolean => nameOf(span) === 'tool.blocked_on_user' || nameOf(span) === 'tool_decision'

/** The same span tells what the configuration and hooks decided; only `user_temporary`, `user_reject` and the like are a person's. */
const isByConfig = ({ attributes }: Span): boolean => {
  const source = textAt(attributes, 'source')
  return source !== '' && !source.startsWith('user_')
}

/** All tries are in one span: its ordinal is their number, and so is the number of their events. */
const resendsOf = ({ attributes, events }: Span): number => {
  const tries = events.reduce((count, { name }) => count + (name === 'gen_ai.request.attempt' ? 1 : 0), 0)
  return Math.max(0, attributeCount(attributes, 'attempt') - 1, tries - 1)
}

const decisionOf = ({ attributes }: Span): string => {
  const decision = textAt(attributes, 'decision')
  return decision === 'accept' ? 'approved' : decision === 'reject' ? 'rejected' : decision
}

const tells = (span: Span, type: SpanType): Told => {
  const { attributes } = span
  const outcome = nameOf(span) === 'api_error' ? 'failure' : successOf(attributes, 'success')
  const told: Told = outcome ? { outcome } : {}
  if (type === 'model') return { ...told, resends: resendsOf(span) }
  if (isDecision(span)) return { ...told, tool: 'permission', verdict: decisionOf(span) }
  if (nameOf(span) === 'interaction') return { ...told, agent: 'claude_code' }
  if (type === 'agent') return { ...told, agent: subagentOf(span), handoffTo: subagentOf(span) }
  return told
}

export const claudeCode = emitter({
  name: 'claude_code',
  facts: ['ends with an answer', 'decides before tools'],
  scopes: ['com.anthropic.claude_code*'],
  typeOf: (span) => {
    const name = nameOf(span)
    if (name === 'tool' && isSubagent(span)) return 'agent'
    if (isDecision(span) && isByConfig(span)) return 'other'
    return TYPE_OF_NAME.get(name) ?? 'other'
  },
  keys: {
    tool: ['tool_name'],
    check: ['hook_name', 'hook_event'],
    model: ['model'],
    response: ['request_id'],
    finish: ['stop_reason'],
    httpStatus: ['status_code'],
    errorMessage: ['error'],
  },
  tells,
})
