// Spans as vendors' own libraries send them: GenAI, MCP, Vercel AI SDK, Anthropic SDK, Claude Code.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}
const OP = 'gen_ai.operation.name'

describe('gen_ai', () => {
  table('@opentelemetry/instrumentation-openai', [
    [
      'an inference in today’s keys',
      {
        name: 'chat gpt-4.1',
        kind: 'client',
        attributes: {
          [OP]: 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': 'gpt-4.1',
          'gen_ai.response.model': 'gpt-4.1-2025-04-14',
          'gen_ai.response.id': 'chatcmpl-1',
          'gen_ai.conversation.id': 'c-1',
          'http.request.resend_count': 2,
        },
      },
      {
        type: 'model',
        emitter: 'gen_ai',
        model: 'gpt-4.1-2025-04-14',
        provider: 'openai',
        responseId: 'chatcmpl-1',
        sessionId: 'c-1',
        resends: 2,
      },
    ],
    [
      'an inference in the keys of 1.36',
      { kind: 'client', attributes: { [OP]: 'chat', 'gen_ai.system': 'az.ai.openai', 'gen_ai.request.model': 'm' } },
      { type: 'model', provider: 'azure.ai.openai' },
    ],
    [
      'an inference before operations were told',
      { kind: 'client', attributes: { 'gen_ai.system': 'vertex_ai', 'gen_ai.request.model': 'gemini-1.5' } },
      { type: 'model', provider: 'gcp.vertex_ai' },
    ],
    ['a framework as provider', { attributes: { [OP]: 'invoke_agent', 'gen_ai.system': 'langgraph' } }, { provider: '' }],
    ['an agent', { name: 'invoke_agent planner', attributes: { [OP]: 'invoke_agent' } }, { type: 'agent', agent: 'planner' }],
    ['the making of an agent', { name: 'create_agent planner', kind: 'client', attributes: { [OP]: 'create_agent' } }, { type: 'setup' }],
    ['a workflow', { name: 'invoke_workflow refund', attributes: { [OP]: 'invoke_workflow' } }, { type: 'pipeline', pipeline: 'refund' }],
    ['a plan', { name: 'plan planner', attributes: { [OP]: 'plan' } }, { type: 'step', layer: 'planning' }],
    [
      'a node',
      { name: 'run_step check', attributes: { [OP]: 'run_step', 'gen_ai.node.name': 'classify' } },
      { type: 'step', step: 'classify' },
    ],
    [
      'a tool, with its caller',
      { name: 'execute_tool search', attributes: { [OP]: 'execute_tool', 'gen_ai.agent.name': 'planner' } },
      { type: 'tool', tool: 'search', agent: 'planner' },
    ],
    [
      'a transfer tool',
      { name: 'execute_tool transfer_to_billing', attributes: { [OP]: 'execute_tool', 'gen_ai.tool.name': 'transfer_to_billing' } },
      { type: 'tool', handoffTo: 'billing' },
    ],
    [
      'a retrieval',
      { name: 'retrieval handbook', attributes: { [OP]: 'retrieval', 'gen_ai.data_source.id': 'handbook' } },
      { type: 'retrieval', tool: 'handbook', layer: 'context' },
    ],
    ['a memory', { name: 'search_memory', attributes: { [OP]: 'search_memory' } }, { type: 'memory', layer: 'state' }],
    [
      'a guardrail',
      { name: 'apply_guardrail pii', attributes: { [OP]: 'apply_guardrail', 'gen_ai.guardrail.component.name': 'pii' } },
      { type: 'check', tool: 'pii', layer: 'verification' },
    ],
    [
      'a poll of an answer that waits for a person',
      { attributes: { [OP]: 'fetch_response', 'gen_ai.response.status': 'requires_action' } },
      { type: 'other', outcome: 'waiting' },
    ],
    [
      'an inference that asks for a function: it has answered',
      { attributes: { [OP]: 'generate_content', 'gen_ai.response.status': 'requires_action' } },
      { type: 'model', outcome: 'success' },
    ],
    [
      'an inference that ran out of budget',
      { attributes: { [OP]: 'generate_content', 'gen_ai.response.status': 'budget_exceeded' }, error: 'budget_exceeded' },
      { outcome: 'failure', failureKind: 'cost_budget' },
    ],
    [
      'an answer that ran out of budget',
      { name: 'invoke_agent deep-research', attributes: { [OP]: 'invoke_agent', 'gen_ai.response.status': 'budget_exceeded' } },
      { outcome: 'failure', failureKind: 'cost_budget' },
    ],
    [
      'an abort by the caller',
      { attributes: { [OP]: 'chat', 'error.type': 'APIUserAbortError' }, error: 'Request was aborted.' },
      { outcome: 'cancelled', failureKind: '' },
    ],
    ['an unknown operation', { kind: 'client', attributes: { [OP]: 'dream' } }, { type: 'other', emitter: 'gen_ai' }],
  ])
})

describe('vercel_ai', () => {
  table('gen_ai', [
    [
      'an inference that asks for a tool',
      { name: 'chat gpt-4.1', attributes: { [OP]: 'chat', 'gen_ai.response.finish_reasons': ['tool-calls'] } },
      { type: 'model', verdict: 'pending' },
    ],
    [
      'an inference that asks for a tool by an id that is random',
      {
        name: 'chat gpt-4.1',
        attributes: {
          [OP]: 'chat',
          'gen_ai.response.finish_reasons': ['tool-calls'],
          'gen_ai.output.messages':
            '[{"role":"assistant","parts":[{"type":"tool_call","id":"toolu_01A09q90qw90lq917835lq9","name":"refund"}]}]',
        },
      },
      { type: 'model', verdict: 'pending', runId: 'call:toolu_01A09q90qw90lq917835lq9' },
    ],
    [
      'a tool that may have been asked for in another trace',
      { name: 'execute_tool refund', attributes: { [OP]: 'execute_tool', 'gen_ai.tool.call.id': 'toolu_01A09q90qw90lq917835lq9' } },
      { type: 'tool', runId: 'call:toolu_01A09q90qw90lq917835lq9' },
    ],
    ...['call_0', 'functions.refund:0', 'callinternationalization', 'a'.repeat(1_000_000)].map(
      (id): Case => [
        `a tool whose id is not random (${id.slice(0, 30)})`,
        { name: 'execute_tool refund', attributes: { [OP]: 'execute_tool', 'gen_ai.tool.call.id': id } },
        { type: 'tool', runId: '' },
      ],
    ),
    [
      'an agent',
      {
        name: 'invoke_agent support',
        attributes: { [OP]: 'invoke_agent', 'gen_ai.agent.name': 'support', 'ai.settings.context.sessionId': 's-3' },
      },
      { type: 'agent', agent: 'support', sessionId: 's-3', emitter: 'vercel_ai' },
    ],
    [
      'an agent named after its model',
      { name: 'invoke_agent gpt-4.1', attributes: { [OP]: 'invoke_agent', 'gen_ai.request.model': 'gpt-4.1' } },
      { type: 'agent', agent: '' },
    ],
    ['a step of the model loop', { name: 'step 1', attributes: { [OP]: 'agent_step' } }, { type: 'other' }],
    [
      'an inference',
      {
        name: 'chat gpt-4.1',
        kind: 'client',
        attributes: { [OP]: 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4.1' },
      },
      { type: 'model', provider: 'openai', resends: 0 },
    ],
    [
      'an inference that was tried to the end',
      {
        name: 'chat gpt-4.1',
        kind: 'client',
        attributes: { [OP]: 'chat', 'gen_ai.request.model': 'gpt-4.1', 'http.response.status_code': 429 },
        error: 'Failed after 3 attempts. Last error: AI_APICallError: Rate limit reached',
      },
      { type: 'model', resends: 2, failureKind: 'rate_limited' },
    ],
    [
      'a tool',
      {
        name: 'execute_tool search',
        attributes: { [OP]: 'execute_tool', 'gen_ai.tool.name': 'search', 'gen_ai.execute_tool.duration': 0.5 },
      },
      { type: 'tool', tool: 'search' },
    ],
    ['reranking', { name: 'rerank m', attributes: { [OP]: 'rerank' } }, { type: 'retrieval', layer: 'context' }],
    [
      'an agent that asks a person',
      {
        name: 'invoke_agent support',
        attributes: {
          [OP]: 'invoke_agent',
          'gen_ai.agent.name': 'support',
          'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"tool-approval-request"}]}]',
        },
      },
      { outcome: 'waiting' },
    ],
    [
      'an inference that failed for good',
      { name: 'chat m', attributes: { [OP]: 'chat' }, error: 'Failed after 3 attempts. Last error: overloaded' },
      { outcome: 'failure', failureKind: 'provider_error' },
    ],
  ])
})

describe('vercel_ai_legacy', () => {
  const ID = 'ai.operationId'
  table('ai', [
    [
      'an agent',
      {
        name: 'ai.generateText',
        attributes: {
          [ID]: 'ai.generateText',
          'ai.telemetry.functionId': 'support',
          'ai.telemetry.metadata.sessionId': 's-4',
          'ai.telemetry.metadata.userId': 'u-4',
        },
      },
      { type: 'agent', agent: 'support', sessionId: 's-4', userId: 'u-4', emitter: 'vercel_ai_legacy' },
    ],
    ['an agent without a name', { name: 'ai.streamText', attributes: { [ID]: 'ai.streamText' } }, { type: 'agent', agent: '' }],
    [
      'an inference',
      {
        name: 'ai.generateText.doGenerate',
        attributes: {
          [ID]: 'ai.generateText.doGenerate',
          'ai.model.id': 'gpt-4.1',
          'ai.model.provider': 'openai.responses',
          'ai.response.id': 'r-1',
          'ai.response.finishReason': 'content-filter',
        },
      },
      { type: 'model', model: 'gpt-4.1', provider: 'openai', responseId: 'r-1', failureKind: 'content_filter' },
    ],
    ['a stream', { name: 'ai.streamText.doStream', attributes: { [ID]: 'ai.streamText.doStream' } }, { type: 'model' }],
    [
      'a tool',
      { name: 'ai.toolCall', attributes: { [ID]: 'ai.toolCall', 'ai.toolCall.name': 'search' } },
      { type: 'tool', tool: 'search' },
    ],
    ['an embedding', { name: 'ai.embed.doEmbed', attributes: { [ID]: 'ai.embed.doEmbed' } }, { type: 'embedding' }],
    ['what is around an embedding', { name: 'ai.embed', attributes: { [ID]: 'ai.embed' } }, { type: 'other' }],
    ['a name with a functionId and no key', { name: 'ai.toolCall search' }, { type: 'tool' }],
  ])
})

describe('anthropic', () => {
  table('com.anthropic.sdk.typescript', [
    [
      'the loop around its calls, which has no name',
      { name: 'anthropic.messages.tool_runner', attributes: { [OP]: 'invoke_agent', 'gen_ai.request.model': 'claude-sonnet-4-5' } },
      { type: 'agent', agent: '' },
    ],
    [
      'a tool that answered with an error',
      {
        name: 'anthropic.custom_tool_use get_order',
        attributes: {
          [OP]: 'execute_tool',
          'gen_ai.tool.name': 'get_order',
          'anthropic.tool_result.content': '[{"type":"text","text":"{\\"error\\": \\"no such order\\"}"}]',
        },
      },
      { outcome: 'failure', errorType: 'tool_error', errorMessage: 'no such order' },
    ],
    [
      'a message',
      {
        name: 'anthropic.messages.create',
        kind: 'client',
        attributes: {
          [OP]: 'chat',
          'gen_ai.provider.name': 'anthropic',
          'gen_ai.request.model': 'claude-sonnet-4-5',
          'http.request.resend_count': 1,
          'anthropic.request.id': 'req-1',
          'anthropic.message.stop_reason': 'refusal',
        },
      },
      { type: 'model', emitter: 'anthropic', model: 'claude-sonnet-4-5', resends: 1, responseId: 'req-1', failureKind: 'refusal' },
    ],
    ['a runner of tools', { name: 'anthropic.messages.tool_runner', attributes: { [OP]: 'invoke_agent' } }, { type: 'agent', agent: '' }],
    ['a tool', { name: 'anthropic.mcp_tool_use search', attributes: { [OP]: 'execute_tool' } }, { type: 'tool', tool: 'search' }],
    [
      'a session',
      { name: 'anthropic.sessions.create', kind: 'client', attributes: { 'anthropic.session.id': 'sesn-1' } },
      { type: 'agent', sessionId: 'sesn-1' },
    ],
    ['work of an environment', { name: 'anthropic.environment.work' }, { type: 'step' }],
    ['another request', { name: 'anthropic.models.list', kind: 'client' }, { type: 'other' }],
    [
      'a request that was refused',
      {
        name: 'anthropic.messages.create',
        attributes: { [OP]: 'chat', 'error.type': 'rate_limit_error', 'http.response.status_code': 429 },
        error: 'slow down',
      },
      { outcome: 'failure', failureKind: 'rate_limited' },
    ],
  ])
  it('is told by the scope of its platform too', () => {
    const span = sentSpan({
      scope: 'com.anthropic.claude-platform',
      kind: 'server',
      attributes: { [OP]: 'chat', 'gen_ai.response.id': 'msg-1' },
    })
    expect(recognize(span)).toMatchObject({ emitter: 'anthropic', type: 'model', responseId: 'msg-1' })
  })
})
