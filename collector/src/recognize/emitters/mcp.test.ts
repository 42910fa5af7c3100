// Spans of MCP, by its conventions and as its SDK for Python sends them.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}
const OP = 'gen_ai.operation.name'

describe('mcp', () => {
  const METHOD = 'mcp.method.name'
  table('my.program', [
    [
      'a call of a tool',
      {
        name: 'tools/call search',
        kind: 'client',
        attributes: { [METHOD]: 'tools/call', 'gen_ai.tool.name': 'search', [OP]: 'execute_tool' },
      },
      { type: 'tool', tool: 'search', emitter: 'mcp' },
    ],
    [
      'a call whose tool stands only in its name',
      { name: 'tools/call search', kind: 'client', attributes: { [METHOD]: 'tools/call' } },
      { type: 'tool', tool: 'search' },
    ],
    [
      'a result that is an error',
      {
        kind: 'client',
        attributes: { [METHOD]: 'tools/call', 'gen_ai.tool.name': 'search', 'error.type': 'tool_error' },
        error: 'no such order',
      },
      { outcome: 'failure', failureKind: 'tool_error' },
    ],
    [
      'a resource',
      { name: 'resources/read', kind: 'client', attributes: { [METHOD]: 'resources/read', 'mcp.resource.uri': 'file:///a' } },
      { type: 'retrieval', tool: 'file:///a', layer: 'context' },
    ],
    ['a list of tools', { kind: 'client', attributes: { [METHOD]: 'tools/list' } }, { type: 'setup' }],
    ['a notification', { kind: 'server', isRoot: true, attributes: { [METHOD]: 'notifications/initialized' } }, { type: 'setup' }],
    [
      'a call as the SDK for Python tells it',
      { scope: 'mcp-python-sdk', name: 'MCP send tools/call search', kind: 'client', attributes: { [METHOD]: 'tools/call' } },
      { type: 'tool', tool: 'search', emitter: 'mcp' },
    ],
    [
      'a resource that is not named',
      { scope: 'mcp-python-sdk', name: 'MCP send resources/read', kind: 'client', attributes: { [METHOD]: 'resources/read' } },
      { type: 'retrieval', tool: 'resources/read' },
    ],
    [
      'a question to the person at the client',
      { scope: 'mcp-python-sdk', name: 'MCP send elicitation/create', kind: 'client', attributes: { [METHOD]: 'elicitation/create' } },
      { type: 'human', tool: 'elicitation', layer: 'human' },
    ],
    [
      'the server below a client',
      { kind: 'server', attributes: { [METHOD]: 'tools/call', 'gen_ai.tool.name': 'search' } },
      { type: 'tool', tool: 'search' },
    ],
    [
      'the server by itself',
      { kind: 'server', isRoot: true, attributes: { [METHOD]: 'tools/call', 'gen_ai.tool.name': 'search' } },
      { type: 'tool', tool: 'search' },
    ],
    [
      'a server that refused a mistake of its client',
      { kind: 'server', attributes: { [METHOD]: 'tools/call', 'rpc.response.status_code': '-32602' }, error: 'unknown tool' },
      { outcome: 'success', failureKind: '' },
    ],
    [
      'a client whose request was refused',
      { kind: 'client', attributes: { [METHOD]: 'tools/call', 'rpc.response.status_code': '-32602' }, error: 'unknown tool' },
      { outcome: 'failure' },
    ],
  ])
})
