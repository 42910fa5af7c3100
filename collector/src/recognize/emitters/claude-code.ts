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

const isSubagent = ({ attributes }: Span): boolean => textAt(attributes, 'subagent_type') !== ''

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
  if (type === 'human') return { ...told, tool: 'permission', verdict: decisionOf(span) }
  if (nameOf(span) === 'interaction') return { ...told, agent: 'claude_code' }
  if (type === 'agent') return { ...told, agent: textAt(attributes, 'subagent_type'), handoffTo: textAt(attributes, 'subagent_type') }
  return told
}

export const claudeCode = emitter({
  name: 'claude_code',
  scopes: ['com.anthropic.claude_code*'],
  typeOf: (span) => (nameOf(span) === 'tool' && isSubagent(span) ? 'agent' : (TYPE_OF_NAME.get(nameOf(span)) ?? 'other')),
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
