// What OpenLLMetry sends, and what is recognized in it.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}

describe('tools of MCP as openllmetry tells them', () => {
  const TOOL = { 'traceloop.span.kind': 'tool', 'traceloop.entity.name': 'search', 'traceloop.entity.input': '{"id":"A-17"}' }
  table('@traceloop/instrumentation-mcp', [
    ['that answered nothing', { name: 'search.tool', attributes: TOOL }, { type: 'tool', verdict: 'empty', failureKind: 'tool_empty' }],
    ['that answered', { name: 'search.tool', attributes: { ...TOOL, 'traceloop.entity.output': '{"result":"x"}' } }, { verdict: '' }],
    [
      'that failed',
      { name: 'search.tool', attributes: TOOL, error: 'MCP error -32001: Request timed out' },
      { failureKind: 'tool_timeout' },
    ],
  ])
})

describe('openllmetry', () => {
  const KIND = 'traceloop.span.kind'
  table('@traceloop/instrumentation-langchain', [
    [
      'a workflow',
      {
        name: 'refund.workflow',
        attributes: { [KIND]: 'workflow', 'traceloop.entity.name': 'refund', 'traceloop.association.properties.session_id': 's-2' },
      },
      { type: 'pipeline', pipeline: 'refund', sessionId: 's-2', emitter: 'openllmetry' },
    ],
    [
      'a task',
      { name: 'classify.task', attributes: { [KIND]: 'task', 'traceloop.entity.name': 'classify', 'traceloop.workflow.name': 'refund' } },
      { type: 'step', step: 'classify', pipeline: 'refund' },
    ],
    [
      'a runnable that comes as a task',
      { name: 'RunnableSequence.task', attributes: { [KIND]: 'task', 'traceloop.entity.name': 'RunnableSequence' } },
      { type: 'other' },
    ],
    [
      'an agent',
      { name: 'planner.agent', attributes: { [KIND]: 'agent', 'traceloop.entity.name': 'planner' } },
      { type: 'agent', agent: 'planner' },
    ],
    [
      'a tool that transfers',
      { name: 'transfer_to_writer.tool', attributes: { [KIND]: 'tool', 'traceloop.entity.name': 'transfer_to_writer' } },
      { type: 'tool', tool: 'transfer_to_writer', handoffTo: 'writer' },
    ],
    [
      'a tool',
      { name: 'search.tool', attributes: { [KIND]: 'tool', 'traceloop.entity.name': 'search' } },
      { type: 'tool', tool: 'search' },
    ],
    [
      'an inference in today’s keys',
      {
        name: 'chat gpt-4.1',
        kind: 'client',
        attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4.1' },
      },
      { type: 'model', model: 'gpt-4.1', provider: 'openai', emitter: 'openllmetry' },
    ],
    [
      'an inference in older keys',
      {
        name: 'openai.chat',
        kind: 'client',
        attributes: {
          'llm.request.type': 'chat',
          'gen_ai.system': 'OpenAI',
          'gen_ai.request.model': 'gpt-4o',
          'traceloop.association.properties.user_id': 'u-2',
        },
      },
      { type: 'model', model: 'gpt-4o', provider: 'openai', userId: 'u-2' },
    ],
    [
      'a guard',
      { name: 'pii.guard', attributes: { 'gen_ai.guardrail.name': 'pii', 'gen_ai.guardrail.status': 'FAILED' } },
      { type: 'check', tool: 'pii', verdict: 'fail', outcome: 'success' },
    ],
    [
      'a handoff whose target is missing',
      { name: 'Triage → unknown.handoff', attributes: { [KIND]: 'handoff', 'gen_ai.handoff.from_agent': 'Triage' } },
      { type: 'handoff', handoffFrom: 'Triage', handoffTo: '' },
    ],
    [
      'a handoff',
      { name: 'Triage → Billing.handoff', attributes: { 'gen_ai.operation.name': 'handoff' } },
      { type: 'handoff', handoffFrom: 'Triage', handoffTo: 'Billing' },
    ],
    [
      'a goto',
      {
        name: 'goto writer',
        attributes: { 'gen_ai.operation.name': 'goto', 'langgraph.command.source_node': 'plan', 'langgraph.command.goto_node': 'writer' },
      },
      { type: 'handoff', handoffFrom: 'plan', handoffTo: 'writer' },
    ],
    [
      'a node',
      { name: 'execute_task plan', attributes: { 'gen_ai.operation.name': 'execute_task', 'gen_ai.task.name': 'plan' } },
      { type: 'step', step: 'plan' },
    ],
    [
      'a query of a vector store',
      { name: 'pinecone.query', attributes: { 'db.system': 'Pinecone', 'db.operation': 'query' } },
      { type: 'retrieval', tool: 'pinecone' },
    ],
    [
      'an agent whose program passes on the code of its vendor',
      {
        name: 'clerk.agent',
        attributes: { [KIND]: 'agent', 'traceloop.entity.name': 'clerk' },
        error: 'rate_limit_exceeded: You exceeded your current quota',
        exception: { type: 'RunFailed', message: 'rate_limit_exceeded: You exceeded your current quota' },
      },
      { type: 'agent', outcome: 'failure', failureKind: 'rate_limited' },
    ],
    [
      'a query of Weaviate in GraphQL, by the class that it searches',
      {
        name: 'db.weaviate.client.graphql_raw_query',
        attributes: {
          'db.system': 'weaviate',
          'db.operation': 'graphql_raw_query',
          'db.weaviate.client.graphql_raw_query.gql_query': '"{ Get { Policies(nearVector: { vector: [0.25] }, limit: 2) { text } } }"',
        },
      },
      { type: 'retrieval', tool: 'Policies' },
    ],
    [
      'a collection of Weaviate that is only taken at hand',
      {
        name: 'db.weaviate.collections.get',
        attributes: { 'db.system': 'weaviate', 'db.operation': 'get', 'db.weaviate.collections.get.name': '"Policies"' },
      },
      { type: 'other' },
    ],
    [
      'a tool of an MCP client',
      {
        name: 'search.tool',
        kind: 'client',
        attributes: { 'mcp.method.name': 'tools/call', [KIND]: 'tool', 'traceloop.entity.name': 'search' },
      },
      { type: 'tool', tool: 'search' },
    ],
  ])
})
