// Executions of n8n, whose nodes all hang below the execution and tell nothing of each other.
import type { RecognizedSpan } from '@seamtrace/schema'
import { expect, it } from 'vitest'
import { recognize } from '../recognize/recognize.ts'
import { type Sent, sentSpan } from '../recognize/sent.fixture.ts'
import { analyze } from './analyze.ts'

const spanOf = (spanId: string, from: bigint, to: bigint, sent: Sent): RecognizedSpan => ({
  ...recognize(sentSpan({ scope: 'n8n-workflow', ...sent })),
  spanId,
  parentSpanId: spanId === '01' ? '' : '01',
  startTimeUnixNano: from,
  endTimeUnixNano: to,
})
const execution = (status: string, to: bigint): RecognizedSpan =>
  spanOf('01', 1n, to, {
    name: 'workflow.execute',
    attributes: { 'n8n.workflow.id': 'aB3', 'n8n.workflow.name': 'Refunds', 'n8n.execution.id': '17', 'n8n.execution.status': status },
  })
const node = (spanId: string, name: string, type: string, from: bigint, to: bigint, error?: string): RecognizedSpan =>
  spanOf(spanId, from, to, {
    name: 'node.execute',
    attributes: { 'n8n.node.id': spanId, 'n8n.node.name': name, 'n8n.node.type': type },
    ...(error !== undefined && { error, exception: { type: 'NodeOperationError', message: error } }),
  })
const AGENT = '@n8n/n8n-nodes-langchain.agent'
const MODEL = '@n8n/n8n-nodes-langchain.lmChatOpenAi'

it('models and tools belong to the agent in whose time they lie', () => {
  const run = analyze([
    execution('success', 100n),
    node('02', 'Webhook', 'n8n-nodes-base.webhook', 2n, 3n),
    node('03', 'Support agent', AGENT, 5n, 40n),
    node('04', 'OpenAI', MODEL, 6n, 10n),
    node('05', 'get_order', 'n8n-nodes-base.httpRequestTool', 11n, 20n),
    node('06', 'Summarize', '@n8n/n8n-nodes-langchain.chainLlm', 50n, 80n),
    node('07', 'OpenAI', MODEL, 51n, 60n),
  ])[0]?.run
  expect(run?.steps.map(({ name }) => name)).toEqual(['Webhook', 'Support agent', 'Summarize'])
  expect(run?.calls.map(({ type, step }) => [type, step])).toEqual([
    ['model', 'Support agent'],
    ['tool', 'Support agent'],
    ['model', ''],
  ])
})

it('a tool that ended its agent is charged at the agent', () => {
  const run = analyze([
    execution('error', 100n),
    node('03', 'Support agent', AGENT, 5n, 40n, 'get_order failed'),
    node('05', 'get_order', 'n8n-nodes-base.httpRequestTool', 11n, 20n, 'the service is unavailable'),
  ])[0]?.run
  expect(run?.attributedTo).toMatchObject({ seam: 'Support agent→get_order', kind: 'tool_unavailable' })
})

it('an execution that waits stopped in its last node', () => {
  const run = analyze([
    execution('waiting', 100n),
    node('02', 'Webhook', 'n8n-nodes-base.webhook', 2n, 3n),
    node('03', 'Wait for approval', 'n8n-nodes-base.wait', 5n, 40n),
  ])[0]?.run
  expect(run?.outcome).toBe('waiting')
  expect(run?.steps.map(({ name, operations }) => [name, operations[0]?.outcome])).toEqual([
    ['Webhook', 'success'],
    ['Wait for approval', 'waiting'],
  ])
})
