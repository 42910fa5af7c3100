// Spans as instrumentation libraries send them: OpenInference, CrewAI and OpenAI Agents through it, OpenLLMetry.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}

const OI = 'openinference.span.kind'

describe('openinference', () => {
  table('openinference.instrumentation.openai', [
    [
      'an inference',
      {
        name: 'ChatCompletion',
        attributes: {
          [OI]: 'LLM',
          'llm.model_name': 'gpt-4.1-2025-04-14',
          'llm.provider': 'openai',
          'llm.system': 'openai',
          'llm.token_count.prompt': 12,
          'session.id': 's-1',
          'user.id': 'u-1',
        },
      },
      { type: 'model', emitter: 'openinference', model: 'gpt-4.1-2025-04-14', provider: 'openai', sessionId: 's-1', userId: 'u-1' },
    ],
    [
      'an embedding',
      { attributes: { [OI]: 'EMBEDDING', 'embedding.model_name': 'e5' } },
      { type: 'embedding', model: 'e5', layer: 'context' },
    ],
    ['a retriever', { name: 'handbook', attributes: { [OI]: 'RETRIEVER' } }, { type: 'retrieval', tool: 'handbook', layer: 'context' }],
    ['a reranker', { name: 'rerank', attributes: { [OI]: 'RERANKER', 'reranker.model_name': 'r3' } }, { type: 'retrieval', model: 'r3' }],
    ['a tool', { name: 'run', attributes: { [OI]: 'TOOL', 'tool.name': 'search' } }, { type: 'tool', tool: 'search' }],
    [
      'an agent',
      { name: 'run', attributes: { [OI]: 'AGENT', 'graph.node.id': 'planner' } },
      { type: 'agent', agent: 'planner', layer: 'planning', layerRule: 'name' },
    ],
    [
      'a guardrail that fired',
      { name: 'pii', attributes: { [OI]: 'GUARDRAIL', 'guardrail.triggered': true } },
      { type: 'check', tool: 'pii', verdict: 'fail', outcome: 'success', layer: 'verification' },
    ],
    ['an evaluator', { name: 'faithful', attributes: { [OI]: 'EVALUATOR' } }, { type: 'check', tool: 'faithful', verdict: '' }],
    ['a chain at the root', { name: 'answer', isRoot: true, attributes: { [OI]: 'CHAIN' } }, { type: 'pipeline', pipeline: 'answer' }],
    ['a chain below', { name: 'classify', attributes: { [OI]: 'CHAIN' } }, { type: 'step', step: 'classify' }],
    [
      'a method of a retriever of LlamaIndex',
      { name: 'VectorIndexRetriever._retrieve', attributes: { [OI]: 'RETRIEVER' } },
      { type: 'retrieval', tool: 'VectorIndexRetriever' },
    ],
    [
      'the making of a request, which is none',
      { name: 'OpenAILike._prepare_chat_with_tools', attributes: { [OI]: 'LLM' } },
      { type: 'other' },
    ],
    [
      'a refused inference, whose model stands among its parameters',
      { name: 'ChatCompletion', attributes: { [OI]: 'LLM', 'llm.invocation_parameters': '{"model": "gpt-4.1-mini"}' }, error: 'busy' },
      { type: 'model', model: 'gpt-4.1-mini', outcome: 'failure' },
    ],
    [
      'a tool that answered with an error',
      { name: 'get_order', attributes: { [OI]: 'TOOL', 'output.value': '{"error": "no such order"}' } },
      { outcome: 'failure', errorMessage: 'no such order', verdict: 'error' },
    ],
    [
      'a tool that answered',
      { name: 'get_order', attributes: { [OI]: 'TOOL', 'output.value': '{"order": "A-17", "error": null}' } },
      { outcome: 'success', errorMessage: '', verdict: '' },
    ],
    ['a prompt', { attributes: { [OI]: 'PROMPT' } }, { type: 'other' }],
    ['a kind in small letters', { attributes: { [OI]: 'llm' } }, { type: 'model' }],
  ])

  it('is told by its mark in a scope of the program itself', () => {
    expect(recognize(sentSpan({ attributes: { [OI]: 'TOOL' } }))).toMatchObject({ emitter: 'openinference', type: 'tool' })
  })
})

describe('openinference of LlamaIndex', () => {
  const taking = (event: string) => ({ [OI]: 'CHAIN', 'input.value': JSON.stringify({ ctx: '<Context>', ev: event }) })
  table('openinference.instrumentation.llama_index', [
    ['a query', { name: 'RetrieverQueryEngine.query', isRoot: true, attributes: { [OI]: 'CHAIN' } }, { type: 'pipeline', pipeline: '' }],
    ['a workflow', { name: 'Refunds.run', isRoot: true, attributes: { [OI]: 'CHAIN' } }, { type: 'pipeline', pipeline: 'Refunds' }],
    ['a method', { name: 'CompactAndRefine.synthesize', attributes: { [OI]: 'CHAIN' } }, { type: 'other' }],
    ['a step of a workflow', { name: 'Refunds.classify', attributes: taking('StartEvent()') }, { type: 'step', step: 'Refunds.classify' }],
    [
      'a turn of an agent whose name is not told',
      { name: 'AgentWorkflow.run_agent_step', attributes: taking('AgentSetup()') },
      { type: 'other' },
    ],
    [
      'a turn of an agent',
      { name: 'AgentWorkflow.run_agent_step', attributes: taking("AgentSetup(input=[], current_agent_name='clerk')") },
      { type: 'agent', agent: 'clerk' },
    ],
    [
      'what the loop does between',
      { name: 'AgentWorkflow.setup_agent', attributes: taking("AgentInput(current_agent_name='clerk')") },
      { type: 'other' },
    ],
    [
      'a handoff',
      {
        name: 'FunctionTool.acall',
        attributes: { [OI]: 'TOOL', 'tool.name': 'handoff', 'input.value': '{"kwargs": {"to_agent": "accountant", "reason": "a refund"}}' },
      },
      { type: 'handoff', handoffTo: 'accountant' },
    ],
    [
      'a tool of that name',
      { name: 'FunctionTool.acall', attributes: { [OI]: 'TOOL', 'tool.name': 'handoff' } },
      { type: 'tool', tool: 'handoff' },
    ],
  ])
})

describe('crewai', () => {
  table('openinference.instrumentation.crewai', [
    [
      'a crew',
      { name: 'ResearchCrew.kickoff', attributes: { [OI]: 'CHAIN' } },
      { type: 'pipeline', pipeline: 'ResearchCrew', emitter: 'crewai' },
    ],
    [
      'a crew without a name',
      { name: 'Crew_0b6f6d8e-1f2e-4c53-9a59-0e6f3a6c0d11.kickoff', attributes: { [OI]: 'CHAIN' } },
      { type: 'pipeline', pipeline: '' },
    ],
    [
      'an agent at its task',
      {
        name: 'Senior Researcher._execute_core',
        attributes: { [OI]: 'AGENT', 'graph.node.id': 'Senior Researcher', 'graph.node.parent_id': 'Manager' },
      },
      { type: 'agent', agent: 'Senior Researcher' },
    ],
    [
      'an agent whose work a guardrail sent back',
      {
        name: 'Writer._execute_core',
        attributes: { [OI]: 'AGENT', 'output.value': '{"messages":[{"content":"### Previous attempt failed validation: too short"}]}' },
      },
      { type: 'agent', outcome: 'success', resends: 1 },
    ],
    ['an agent by its name alone', { name: 'Writer._execute_core', attributes: { [OI]: 'AGENT' } }, { type: 'agent', agent: 'Writer' }],
    ['a task', { name: 'Task._execute_core', attributes: { [OI]: 'CHAIN', task_name: 'summarize' } }, { type: 'step', step: 'summarize' }],
    [
      'a flow that waits for a person, told as an error',
      {
        name: 'ReviewFlow.kickoff',
        attributes: { [OI]: 'CHAIN' },
        error: 'pending',
        exception: { type: 'crewai.flow.types.HumanFeedbackPending' },
      },
      { type: 'pipeline', pipeline: 'ReviewFlow', outcome: 'waiting', failureKind: '' },
    ],
    [
      'a tool',
      { name: 'Search._use', attributes: { [OI]: 'TOOL', 'tool.name': 'Search the web' } },
      { type: 'tool', tool: 'Search the web' },
    ],
  ])
})

describe('openai_agents', () => {
  table('@arizeai/openinference-instrumentation-openai-agents', [
    [
      'the trace',
      { name: 'Support', isRoot: true, attributes: { [OI]: 'AGENT' } },
      { type: 'pipeline', pipeline: 'Support', emitter: 'openai_agents' },
    ],
    [
      'an inference that asks for a tool',
      { name: 'response', attributes: { [OI]: 'LLM', 'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'refund' } },
      { type: 'model', verdict: 'pending' },
    ],
    [
      'an inference that asks for a tool by an id that is random',
      {
        name: 'response',
        attributes: {
          [OI]: 'LLM',
          'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'refund',
          'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'call_R7wQb1cD2eF3gH4iJ5kL6mN7',
        },
      },
      { type: 'model', verdict: 'pending', runId: 'call:call_R7wQb1cD2eF3gH4iJ5kL6mN7' },
    ],
    [
      'an inference that was told a result',
      {
        name: 'response',
        attributes: {
          [OI]: 'LLM',
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.1.message.role': 'tool',
          'llm.input_messages.1.message.tool_call_id': 'call_R7wQb1cD2eF3gH4iJ5kL6mN7',
        },
      },
      { type: 'model', verdict: '', runId: 'call:call_R7wQb1cD2eF3gH4iJ5kL6mN7' },
    ],
    [
      'an inference that was told the result of a call that was only counted',
      {
        name: 'response',
        attributes: { [OI]: 'LLM', 'llm.input_messages.0.message.role': 'tool', 'llm.input_messages.0.message.tool_call_id': 'call_0' },
      },
      { type: 'model', runId: '' },
    ],
    ['an inference that answers', { name: 'response', attributes: { [OI]: 'LLM' } }, { type: 'model', verdict: '' }],
    [
      'a tool that waits for approval',
      { name: 'refund', attributes: { [OI]: 'TOOL', 'input.value': '{}' } },
      { type: 'tool', verdict: 'pending', outcome: 'success' },
    ],
    [
      'a tool that gave an answer',
      { name: 'refund', attributes: { [OI]: 'TOOL', 'input.value': '{}', 'output.value': 'ok' } },
      { type: 'tool', verdict: '' },
    ],
    [
      'the trace without a name',
      { name: 'Agent workflow', isRoot: true, attributes: { [OI]: 'AGENT' } },
      { type: 'pipeline', pipeline: '' },
    ],
    [
      'an agent',
      { name: 'Triage', attributes: { [OI]: 'AGENT', 'graph.node.id': 'Triage' } },
      { type: 'agent', agent: 'Triage', layer: 'planning' },
    ],
    [
      'an agent whose root was never sent',
      { name: 'Triage', isRoot: true, attributes: { [OI]: 'AGENT', 'graph.node.id': 'Triage' } },
      { type: 'agent' },
    ],
    ['a turn', { name: 'turn', attributes: { [OI]: 'CHAIN' } }, { type: 'other' }],
    ['a generation', { name: 'generation', attributes: { [OI]: 'LLM', 'llm.model_name': 'gpt-4.1' } }, { type: 'model', model: 'gpt-4.1' }],
    [
      'a handoff',
      {
        name: 'handoff to Billing',
        attributes: { [OI]: 'TOOL', 'tool.name': 'handoff_to_Billing', 'input.value': '{"from_agent":"Triage"}' },
      },
      { type: 'handoff', handoffFrom: 'Triage', handoffTo: 'Billing' },
    ],
    [
      'a guardrail',
      { name: 'no_pii', attributes: { [OI]: 'GUARDRAIL', 'guardrail.triggered': false } },
      { type: 'check', tool: 'no_pii', verdict: 'pass' },
    ],
    [
      'a tool that a person refused',
      { name: 'refund', attributes: { [OI]: 'TOOL', 'tool.name': 'refund' }, error: 'Tool execution was not approved.' },
      { type: 'tool', outcome: 'cancelled', verdict: 'rejected', failureKind: '' },
    ],
    [
      'a tool that failed',
      { name: 'refund', attributes: { [OI]: 'TOOL' }, error: 'boom' },
      { outcome: 'failure', failureKind: 'tool_error' },
    ],
  ])
})
