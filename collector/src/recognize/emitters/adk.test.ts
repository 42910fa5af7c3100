// Spans as Google ADK sends them by itself, in JavaScript and Python.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}
const OP = 'gen_ai.operation.name'

describe('adk', () => {
  const node = { 'adk.node.path': 'root/fetch', 'adk.node.run_id': 'n-1' }
  table('gcp.vertex.agent', [
    ['an invocation', { name: 'invocation', isRoot: true }, { type: 'other', emitter: 'adk' }],
    [
      'an agent',
      { name: 'invoke_agent writer', attributes: { [OP]: 'invoke_agent', 'gen_ai.agent.name': 'writer' } },
      { type: 'agent', agent: 'writer' },
    ],
    ['an agent of an early release', { name: 'agent_run [writer]' }, { type: 'agent', agent: 'writer' }],
    [
      'an inference',
      {
        name: 'call_llm',
        attributes: { 'gen_ai.system': 'gcp.vertex.agent', 'gen_ai.request.model': 'gemini-2.5-pro', 'gcp.vertex.agent.session_id': 's-6' },
      },
      { type: 'model', model: 'gemini-2.5-pro', provider: '', sessionId: 's-6' },
    ],
    [
      'a tool that failed, which has none either',
      { name: 'execute_tool search' },
      { type: 'tool', tool: 'search', outcome: 'failure', failureKind: 'tool_error' },
    ],
    [
      'a tool that answered with an error',
      {
        name: 'execute_tool search',
        attributes: { [OP]: 'execute_tool', 'gcp.vertex.agent.tool_response': '{"status":"error","error_message":"no such order"}' },
      },
      { outcome: 'failure', errorMessage: 'no such order', verdict: 'error', failureKind: 'tool_error' },
    ],
    [
      'a tool that a person has to confirm',
      {
        name: 'execute_tool refund',
        attributes: {
          [OP]: 'execute_tool',
          'gcp.vertex.agent.tool_response': '{"error":"This tool call requires confirmation, please approve or reject."}',
        },
      },
      { type: 'tool', outcome: 'waiting', verdict: 'pending' },
    ],
    [
      'a tool that a person has to confirm, in Python',
      {
        name: 'execute_tool refund',
        attributes: {
          [OP]: 'execute_tool',
          'gen_ai.tool.call.result': '{"error":"This tool call requires confirmation, please approve or reject."}',
        },
      },
      { type: 'tool', outcome: 'waiting', verdict: 'pending' },
    ],
    ['an inference of which nothing came', { name: 'call_llm' }, { type: 'other', outcome: 'success' }],
    ['an inference that raised', { name: 'call_llm', error: 'quota' }, { type: 'model', outcome: 'failure' }],
    ['merged tools', { name: 'execute_tool (merged)' }, { type: 'other' }],
    [
      'a tool that is to be confirmed',
      {
        name: 'execute_tool refund',
        attributes: {
          'gen_ai.tool.call.id': 'adk-188c7bcd',
          'gcp.vertex.agent.tool_response': '{"error":"This tool call requires confirmation, please approve or reject."}',
        },
      },
      { type: 'tool', outcome: 'waiting', runId: 'call:adk-188c7bcd' },
    ],
    [
      'a transfer',
      {
        name: 'execute_tool transfer_to_agent',
        attributes: {
          [OP]: 'execute_tool',
          'gen_ai.tool.name': 'transfer_to_agent',
          'gcp.vertex.agent.tool_call_args': '{"agent_name":"billing"}',
        },
      },
      { type: 'handoff', handoffTo: 'billing' },
    ],
    [
      'a transfer in JavaScript',
      { name: 'execute_tool transfer_to_agent', attributes: { 'gcp.vertex.agent.tool_call_args': '{"agentName":"billing"}' } },
      { type: 'handoff', handoffTo: 'billing' },
    ],
    ['a transfer whose arguments are not told', { name: 'execute_tool transfer_to_agent' }, { type: 'handoff', handoffTo: '' }],
    [
      'a question to a person',
      { name: 'execute_tool adk_request_confirmation' },
      { type: 'human', tool: 'adk_request_confirmation', outcome: 'waiting', layer: 'human' },
    ],
    [
      'a workflow',
      { name: 'invoke_workflow refunds', attributes: { 'adk.workflow.name': 'refunds' } },
      { type: 'pipeline', pipeline: 'refunds' },
    ],
    [
      'the node that a workflow is run as, which tells how it ended',
      { name: 'execute_node refunds', attributes: { 'adk.node.path': 'refunds', 'adk.node.status': 'failed' }, error: 'boom' },
      { type: 'pipeline', pipeline: 'refunds', outcome: 'failure' },
    ],
    [
      'the same where the error was caught on the way',
      { name: 'execute_node refunds', attributes: { 'adk.node.path': 'refunds', 'adk.node.status': 'failed' } },
      { type: 'pipeline', outcome: 'failure' },
    ],
    [
      'a workflow inside its node, which always ends well',
      { name: 'invoke_workflow refunds', attributes: { 'adk.workflow.name': 'refunds', 'adk.node.path': 'refunds' } },
      { type: 'other' },
    ],
    [
      'a node, around its tries',
      { name: 'execute_node fetch', attributes: { ...node, 'adk.node.attempt': 3, 'adk.node.status': 'completed' } },
      { type: 'step', step: 'fetch', attempt: 0 },
    ],
    [
      'a try of a node',
      { name: 'execute_node_attempt fetch', attributes: { ...node, 'adk.node.attempt': 2, 'adk.node.status': 'failed' }, error: 'boom' },
      { type: 'attempt', attempt: 2, step: 'fetch', outcome: 'failure' },
    ],
    [
      'a node that waits',
      { name: 'execute_node approve', attributes: { ...node, 'adk.node.status': 'waiting', 'adk.node.interrupt_count': 1 } },
      { type: 'step', outcome: 'waiting' },
    ],
    ['a node in Python', { name: 'invoke_node fetch', attributes: { [OP]: 'invoke_node' } }, { type: 'step', step: 'fetch' }],
  ])
})
