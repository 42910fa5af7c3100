// Spans of Claude Code: interactions, requests, tools and who allowed them, subagents.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}
const OP = 'gen_ai.operation.name'

describe('claude_code', () => {
  table('com.anthropic.claude_code.tracing', [
    [
      'an interaction',
      { name: 'claude_code.interaction', isRoot: true, attributes: { 'span.type': 'interaction', 'session.id': 's-5' } },
      { type: 'agent', agent: 'claude_code', sessionId: 's-5', emitter: 'claude_code' },
    ],
    [
      'a request',
      {
        name: 'claude_code.llm_request',
        attributes: { model: 'claude-opus-4-5', attempt: 3, success: true, request_id: 'req-2', stop_reason: 'end_turn' },
        events: ['gen_ai.request.attempt', 'gen_ai.request.attempt', 'gen_ai.request.attempt'],
      },
      { type: 'model', model: 'claude-opus-4-5', responseId: 'req-2', resends: 2, attempt: 0, outcome: 'success' },
    ],
    [
      'a request that failed without an error status',
      { name: 'claude_code.llm_request', attributes: { success: false, status_code: 529, error: 'overloaded' } },
      { outcome: 'failure', errorMessage: 'overloaded', failureKind: 'provider_error' },
    ],
    ['a tool', { name: 'claude_code.tool', attributes: { 'span.type': 'tool', tool_name: 'Bash' } }, { type: 'tool', tool: 'Bash' }],
    [
      'its execution',
      { name: 'claude_code.tool.execution', attributes: { success: false, error: 'exit 1' } },
      { type: 'attempt', outcome: 'failure' },
    ],
    [
      'the wait for a person',
      { name: 'claude_code.tool.blocked_on_user', attributes: { decision: 'reject', source: 'user_reject' } },
      { type: 'human', verdict: 'rejected', outcome: 'success', failureKind: 'rejected_by_human' },
    ],
    [
      'what the configuration decided, which asked nobody',
      {
        name: 'claude_code.tool.blocked_on_user',
        attributes: { 'span.type': 'tool.blocked_on_user', decision: 'reject', source: 'config' },
      },
      { type: 'other', verdict: 'rejected', outcome: 'success' },
    ],
    [
      'a tool of an MCP server, by the name that its server gave it',
      {
        name: 'claude_code.tool',
        attributes: {
          'span.type': 'tool',
          tool_name: 'mcp__orders__get_order',
          tool_name_safe: 'mcp_other',
          [OP]: 'execute_tool',
          'gen_ai.tool.name': 'get_order',
        },
      },
      { type: 'tool', tool: 'get_order' },
    ],
    [
      'a subagent',
      { name: 'claude_code.tool', attributes: { tool_name: 'Agent', subagent_type: 'reviewer' } },
      { type: 'agent', agent: 'reviewer', handoffTo: 'reviewer' },
    ],
    [
      'a subagent whose name is kept back',
      {
        name: 'claude_code.tool',
        attributes: { 'span.type': 'tool', tool_name: 'Agent', [OP]: 'execute_tool', 'gen_ai.tool.name': 'Agent' },
      },
      { type: 'agent', agent: 'subagent', handoffTo: 'subagent' },
    ],
    [
      'a hook',
      { name: 'claude_code.hook', attributes: { hook_name: 'PreToolUse:Bash' } },
      { type: 'check', tool: 'PreToolUse:Bash', layer: 'verification' },
    ],
  ])
})
