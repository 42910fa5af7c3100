// Spans as agent frameworks send them by themselves: AutoGen, Microsoft Agent Framework, Mastra, Pydantic AI.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}
const OP = 'gen_ai.operation.name'

describe('autogen', () => {
  const team = '3f2a6c1e-7b1d-4c8a-9e6f-0a1b2c3d4e5f'
  const toldTo = (recipient: string, message: string, isRpc: boolean): Sent => ({
    name: `autogen process writer_${team}.(${team})-A`,
    kind: 'consumer',
    attributes: {
      'messaging.operation': 'process',
      'messaging.destination': `writer_${team}.(${team})-A`,
      recipient_agent_class: recipient,
      message,
      message_context: `{"sender": "None", "topic_id": "None", "is_rpc": ${isRpc}, "message_id": "1"}`,
    },
  })
  it('is told by the scope of its core', () => {
    const span = sentSpan({
      scope: 'autogen-core',
      name: 'invoke_agent writer',
      kind: 'client',
      attributes: { [OP]: 'invoke_agent', 'gen_ai.system': 'autogen', 'gen_ai.agent.name': 'writer' },
    })
    expect(recognize(span)).toMatchObject({ emitter: 'autogen', type: 'agent', agent: 'writer', provider: '' })
  })
  table('autogen SingleThreadedAgentRuntime', [
    ['what the runtime did first', { name: 'autogen create group', isRoot: true }, { type: 'pipeline', pipeline: '' }],
    [
      'work on a message',
      {
        name: `autogen process writer_${team}.(default)-A`,
        kind: 'consumer',
        attributes: { 'messaging.operation': 'process', 'messaging.destination': `writer_${team}.(default)-A` },
      },
      { type: 'step', step: 'writer', agent: 'writer' },
    ],
    [
      'a message to an agent',
      {
        name: 'autogen send critic.(default)-A',
        kind: 'producer',
        attributes: { 'messaging.operation': 'send', 'messaging.destination': 'critic.(default)-A' },
      },
      { type: 'handoff', handoffTo: 'critic' },
    ],
    [
      'a message to a topic',
      { name: 'autogen publish chat.(default)-T', kind: 'producer', attributes: { 'messaging.operation': 'publish' } },
      { type: 'other' },
    ],
    ['the making of an agent', { name: 'create_agent writer', kind: 'client', attributes: { [OP]: 'create_agent' } }, { type: 'setup' }],
    ['a turn of an agent of a team', toldTo('ChatAgentContainer', '{}', false), { type: 'step', step: 'writer' }],
    ['what an agent of a team is told of others', toldTo('ChatAgentContainer', '{"response":{}}', false), { type: 'other' }],
    ['the reset of an agent of a team', toldTo('ChatAgentContainer', '{}', true), { type: 'other' }],
    ['the manager of a team', toldTo('RoundRobinGroupChatManager', '{}', false), { type: 'other' }],
    [
      'an agent of a team',
      { name: 'invoke_agent writer', attributes: { [OP]: 'invoke_agent', 'gen_ai.agent.id': `writer_${team}/${team}` } },
      { type: 'agent', agent: 'writer', sessionId: team },
    ],
    [
      'an agent that hands over',
      { name: 'execute_tool transfer_to_critic', attributes: { [OP]: 'execute_tool', 'gen_ai.tool.name': 'transfer_to_critic' } },
      { type: 'handoff', handoffTo: 'critic', outcome: 'success' },
    ],
    [
      'an agent that hands over to a person',
      { name: 'execute_tool transfer_to_user', attributes: { [OP]: 'execute_tool', 'gen_ai.tool.name': 'transfer_to_user' } },
      { type: 'handoff', handoffTo: 'user', outcome: 'waiting' },
    ],
    [
      'a tool that failed',
      {
        name: 'execute_tool search',
        attributes: { [OP]: 'execute_tool', 'gen_ai.tool.name': 'search', 'error.type': 'TimeoutError' },
        error: 'timed out',
      },
      { type: 'tool', failureKind: 'tool_timeout' },
    ],
  ])
})

describe('agent_framework', () => {
  const edge = (status: string, more = {}): Sent => ({
    name: 'edge_group.process SingleEdgeGroup',
    attributes: {
      'edge_group.type': 'SingleEdgeGroup',
      'message.source_id': 'plan',
      'message.target_id': 'write',
      'edge_group.delivery_status': status,
      ...more,
    },
  })
  const approval = (kind: string, id: string): string => {
    const call = `"function_call": {"type": "function_call", "call_id": "call_1", "id": "${id}"}`
    return `[{"role": "user", "parts": [{"type": "function_approval_${kind}", ${call}, "id": "${id}"}]}]`
  }
  const [first, second] = ['af-call-09ff834d21a8425c9b88c9e356ed780e', 'af-call-19ff834d21a8425c9b88c9e356ed780e']
  const agent = (attributes: Record<string, string>): Sent => ({
    name: 'invoke_agent clerk',
    attributes: { [OP]: 'invoke_agent', ...attributes },
  })
  table('agent_framework', [
    [
      'the making of a workflow',
      { name: 'workflow.build', isRoot: true, attributes: { 'workflow_builder.name': 'refunds' } },
      { type: 'setup' },
    ],
    [
      'a workflow that went round too often',
      { name: 'workflow.run', error: "WorkflowConvergenceException('Runner did not converge after 4 iterations.')" },
      { failureKind: 'step_budget' },
    ],
    [
      'an agent that asks for approval',
      agent({ 'gen_ai.output.messages': approval('request', first) }),
      { type: 'agent', outcome: 'waiting', runId: first },
    ],
    ['an agent that got it', agent({ 'gen_ai.input.messages': approval('response', first) }), { outcome: 'success', runId: first }],
    [
      'an agent that got it and asks again',
      agent({ 'gen_ai.input.messages': approval('response', first), 'gen_ai.output.messages': approval('request', second) }),
      { outcome: 'waiting', runId: first },
    ],
    [
      'an agent that is told of an approval in a text',
      agent({ 'gen_ai.input.messages': JSON.stringify([{ text: approval('response', first) }]) }),
      { outcome: 'success', runId: '' },
    ],
    [
      'a workflow',
      { name: 'workflow.run', isRoot: true, attributes: { 'workflow.id': 'w-1', 'workflow.name': 'refunds' } },
      { type: 'pipeline', pipeline: 'refunds', emitter: 'agent_framework' },
    ],
    [
      'a workflow without a name',
      { name: 'workflow.run', isRoot: true, attributes: { 'workflow.id': 'w-1' } },
      { type: 'pipeline', pipeline: '' },
    ],
    [
      'an executor',
      { name: 'executor.process write', attributes: { 'executor.id': 'write', 'executor.type': 'AgentExecutor' } },
      { type: 'step', step: 'write' },
    ],
    ['a message that came', edge('delivered'), { type: 'handoff', handoffFrom: 'plan', handoffTo: 'write', handoffStatus: 'delivered' }],
    ['a message of the wrong type', edge('dropped type mismatch'), { type: 'handoff', handoffStatus: 'dropped' }],
    ['a message that made the edge fail', edge('exception'), { type: 'handoff', handoffStatus: 'failed' }],
    ['a message that waits for others', edge('buffered'), { type: 'handoff', handoffStatus: '' }],
    [
      'the input of an executor, by its edge to itself',
      edge('delivered', { 'message.source_id': 'internal:write', 'message.target_id': 'write' }),
      { type: 'other' },
    ],
    ['a route not taken', edge('dropped condition evaluated to false'), { type: 'other', handoffTo: '' }],
    [
      'a message to whoever listens',
      { name: 'edge_group.process FanOutEdgeGroup', attributes: { 'edge_group.type': 'FanOutEdgeGroup', 'message.source_id': 'plan' } },
      { type: 'other' },
    ],
    ['the sending of a message', { name: 'message.send', kind: 'producer', attributes: { 'message.type': 'standard' } }, { type: 'other' }],
    [
      'an agent',
      {
        name: 'invoke_agent writer',
        attributes: { [OP]: 'invoke_agent', 'gen_ai.agent.name': 'writer', 'gen_ai.system': 'microsoft.agent_framework' },
      },
      { type: 'agent', agent: 'writer', provider: '' },
    ],
  ])
})

describe('mastra', () => {
  const TYPE = 'mastra.span.type'
  table('@mastra/otel-exporter', [
    [
      'an agent',
      {
        name: 'invoke_agent support',
        attributes: { [TYPE]: 'agent_run', [OP]: 'invoke_agent', 'gen_ai.agent.name': 'support', 'gen_ai.conversation.id': 'c-7' },
      },
      { type: 'agent', agent: 'support', sessionId: 'c-7', emitter: 'mastra' },
    ],
    [
      'a workflow',
      { name: 'invoke_workflow refunds', attributes: { [TYPE]: 'workflow_run', [OP]: 'invoke_workflow' } },
      { type: 'pipeline', pipeline: 'refunds' },
    ],
    [
      'a workflow that is suspended',
      {
        name: 'invoke_workflow refunds',
        attributes: { [TYPE]: 'workflow_run', 'mastra.workflow_run.status': 'suspended', 'mastra.metadata.runId': 'r-7' },
      },
      { type: 'pipeline', outcome: 'waiting', runId: 'r-7' },
    ],
    [
      'a step that is suspended',
      { name: 'workflow_step approve', attributes: { [TYPE]: 'workflow_step', 'mastra.workflow_step.status': 'suspended' } },
      { type: 'step', step: 'approve', outcome: 'waiting', runId: '' },
    ],
    ['a step', { name: "workflow step: 'fetch'", attributes: { [TYPE]: 'workflow_step' } }, { type: 'step', step: 'fetch' }],
    [
      'an inference',
      { name: 'chat gpt-4.1', attributes: { [TYPE]: 'model_generation', [OP]: 'chat', 'gen_ai.request.model': 'gpt-4.1' } },
      { type: 'model', model: 'gpt-4.1' },
    ],
    [
      'the loop of several inferences',
      { name: 'model_generation gpt-4.1', attributes: { [TYPE]: 'model_generation', [OP]: 'model_generation' } },
      { type: 'other' },
    ],
    [
      'an inference in that loop',
      { name: 'chat gpt-4.1', kind: 'client', attributes: { [TYPE]: 'model_inference', [OP]: 'chat', 'gen_ai.request.model': 'gpt-4.1' } },
      { type: 'model', model: 'gpt-4.1' },
    ],
    ['a step of an inference', { name: 'model_step', attributes: { [TYPE]: 'model_step' } }, { type: 'other' }],
    [
      'an inference that failed with status OK',
      { name: 'chat m', attributes: { [TYPE]: 'model_generation', [OP]: 'chat', 'gen_ai.response.finish_reasons': '["error"]' } },
      { outcome: 'failure', failureKind: 'provider_error' },
    ],
    [
      'the same with a list',
      { name: 'chat m', attributes: { [TYPE]: 'model_generation', [OP]: 'chat', 'gen_ai.response.finish_reasons': ['error'] } },
      { outcome: 'failure' },
    ],
    [
      'a tool',
      { name: 'execute_tool search', attributes: { [TYPE]: 'mcp_tool_call', [OP]: 'execute_tool', 'gen_ai.tool.name': 'search' } },
      { type: 'tool', tool: 'search' },
    ],
    ['a scorer', { name: 'scorer_run', attributes: { [TYPE]: 'scorer_run' } }, { type: 'check' }],
  ])
})

describe('pydantic_ai', () => {
  const run = (messages: string): Sent => ({
    name: 'invoke_agent clerk',
    attributes: { [OP]: 'invoke_agent', 'pydantic_ai.all_messages': `[{"role":"user","parts":[]},${messages}]` },
  })
  table('pydantic-ai', [
    [
      'an agent',
      {
        name: 'invoke_agent support',
        attributes: { [OP]: 'invoke_agent', 'gen_ai.agent.name': 'support', 'gen_ai.conversation.id': 'c-8' },
      },
      { type: 'agent', agent: 'support', sessionId: 'c-8', emitter: 'pydantic_ai' },
    ],
    [
      'an agent of format 1',
      { name: 'agent run', attributes: { agent_name: 'support', model_name: 'gpt-4o' } },
      { type: 'agent', agent: 'support' },
    ],
    ['an agent of format 1 without a name', { name: 'agent run' }, { type: 'agent', agent: '' }],
    [
      'an inference',
      {
        name: 'chat gpt-4.1',
        attributes: { [OP]: 'chat', 'gen_ai.system': 'openai', 'gen_ai.request.model': 'gpt-4.1', 'operation.cost': 0.01 },
      },
      { type: 'model', provider: 'openai' },
    ],
    ['a tool of format 1', { name: 'running tool', attributes: { 'gen_ai.tool.name': 'search' } }, { type: 'tool', tool: 'search' }],
    ['an agent whose tool is deferred', run('{"role":"assistant","parts":[{"type":"tool_call","name":"refund"}]}'), { outcome: 'waiting' }],
    [
      'an agent whose answer is a call of a tool',
      run('{"role":"assistant","parts":[{"type":"tool_call"}]},{"role":"user","parts":[{"type":"tool_call_response"}]}'),
      { outcome: 'success' },
    ],
    [
      'a tool that waits for approval',
      { name: 'execute_tool refund', attributes: { [OP]: 'execute_tool', 'pydantic_ai.tool.deferral.name': 'ApprovalRequired' } },
      { type: 'tool', outcome: 'waiting', failureKind: '' },
    ],
    [
      'a tool whose input did not fit',
      {
        name: 'execute_tool refund',
        attributes: { [OP]: 'execute_tool', 'pydantic_ai.tool.failure_stage': 'validation' },
        error: 'amount',
      },
      { outcome: 'failure', failureKind: 'tool_schema' },
    ],
    ['several tools', { name: 'running 2 tools' }, { type: 'other' }],
  ])
})
