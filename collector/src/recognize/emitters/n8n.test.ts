// Spans of n8n: workflows, nodes and what they say of their items.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}

describe('n8n', () => {
  const run = { 'n8n.workflow.id': 'aB3', 'n8n.workflow.name': 'Refunds', 'n8n.execution.id': '17' }
  const node = (type: string, name = 'Node'): Sent => ({
    name: 'node.execute',
    attributes: { 'n8n.node.id': 'x', 'n8n.node.name': name, 'n8n.node.type': type },
  })
  table('n8n-workflow', [
    [
      'an execution',
      { name: 'workflow.execute', isRoot: true, attributes: { ...run, 'n8n.execution.status': 'success' } },
      { type: 'pipeline', pipeline: 'Refunds', runId: 'n8n-aB3-17', sessionId: '', emitter: 'n8n' },
    ],
    [
      'an execution that is tried again',
      { name: 'workflow.execute', attributes: { ...run, 'n8n.execution.is_retry': true, 'n8n.execution.retry_of': '16' } },
      { retryOf: 'n8n-aB3-16' },
    ],
    [
      'an execution that waits',
      { name: 'workflow.execute', attributes: { ...run, 'n8n.execution.status': 'waiting' } },
      { outcome: 'waiting' },
    ],
    [
      'an execution that was stopped',
      { name: 'workflow.execute', attributes: { ...run, 'n8n.execution.status': 'canceled' }, error: 'canceled' },
      { outcome: 'cancelled' },
    ],
    [
      'an execution that failed',
      { name: 'workflow.execute', attributes: { ...run, 'n8n.execution.status': 'error', 'n8n.execution.error_type': 'NodeApiError' } },
      { outcome: 'failure', errorType: 'NodeApiError' },
    ],
    ['a node', node('n8n-nodes-base.httpRequest', 'Fetch order'), { type: 'step', step: 'Fetch order', agent: '' }],
    [
      'a node that is an agent',
      node('@n8n/n8n-nodes-langchain.agent', 'Support agent'),
      { type: 'step', step: 'Support agent', agent: 'Support agent' },
    ],
    ['a model below an agent', node('@n8n/n8n-nodes-langchain.lmChatOpenAi', 'OpenAI'), { type: 'model' }],
    ['a tool below an agent', node('@n8n/n8n-nodes-langchain.toolWorkflow', 'Refund'), { type: 'tool', tool: 'Refund' }],
    ['a node that an agent calls as a tool', node('n8n-nodes-base.httpRequestTool', 'get_order'), { type: 'tool', tool: 'get_order' }],
    [
      'a node whose API did not answer',
      {
        ...node('n8n-nodes-base.httpRequest', 'Fetch order'),
        error: '',
        exception: { type: 'NodeApiError', message: 'Service unavailable - try again later or consider setting this node to retry' },
      },
      { type: 'step', outcome: 'failure', failureKind: 'tool_unavailable' },
    ],
    ['a vector store', node('@n8n/n8n-nodes-langchain.vectorStorePinecone', 'Docs'), { type: 'retrieval', tool: 'Docs' }],
    [
      'a node that failed',
      { ...node('n8n-nodes-base.code', 'Sum'), error: 'x is not defined', exception: { type: 'ReferenceError' } },
      { outcome: 'failure', errorType: 'ReferenceError' },
    ],
  ])
})
