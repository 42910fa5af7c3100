// What a run of each system costs: its spans as they are sent, sums on agents and chains included, through recognition and analysis.
import type { RecognizedSpan } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize/recognize.ts'
import { type Sent, sentSpan } from '../recognize/sent.fixture.ts'
import { analyze } from './analyze.ts'

type Tree = Sent & { children?: Tree[] }

/** Lays the spans out one after the other and recognizes them. */
const recognized = (root: Tree): RecognizedSpan[] => {
  const spans: RecognizedSpan[] = []
  let clock = 1_790_000_000_000_000_000n
  const lay = ({ children = [], ...sent }: Tree, parentSpanId: string): void => {
    const spanId = (spans.length + 1).toString(16).padStart(16, '0')
    const start = clock++
    const place = spans.push(recognize({ ...sentSpan(sent), spanId, parentSpanId, startTimeUnixNano: start })) - 1
    for (const child of children) lay(child, spanId)
    spans[place] = { ...(spans[place] as RecognizedSpan), endTimeUnixNano: clock++ }
  }
  lay(root, '')
  return spans
}

const op = (operation: string, name: string, attributes: Sent['attributes'] = {}, children: Tree[] = [], scope = ''): Tree => ({
  name: `${operation} ${name}`,
  ...(scope ? { scope } : {}),
  attributes: { 'gen_ai.operation.name': operation, ...attributes },
  children,
})

const genAi = (input: number, output: number) => ({ 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': output })
const openInference = (kind: string, name: string, attributes: Sent['attributes'], children: Tree[] = []): Tree => ({
  name,
  scope: '@arizeai/openinference-instrumentation-openai-agents',
  attributes: { 'openinference.span.kind': kind, ...attributes },
  children,
})

const GPT = { 'gen_ai.request.model': 'gpt-4.1', 'gen_ai.response.model': 'gpt-4.1-2025-04-14', 'gen_ai.provider.name': 'openai' }
const CLAUDE = 'claude-sonnet-4-5-20250929'

// two calls of 1,000 + 100 tokens on gpt-4.1: 2 × (1,000×2 + 100×8)
const TWO_GPT = 0.0056
// two calls of Claude: 100 fresh ×3, 2,000 read ×0.30, 400 written ×3.75, 50 of output ×15
const TWO_CLAUDE = 0.0063

const aiSdkCall = (): Tree => ({
  name: 'ai.generateText.doGenerate',
  scope: 'ai',
  attributes: {
    'ai.operationId': 'ai.generateText.doGenerate',
    'ai.model.id': CLAUDE,
    'ai.model.provider': 'anthropic.messages',
    'ai.usage.inputTokens': 100,
    'ai.usage.outputTokens': 50,
    'ai.usage.cachedInputTokens': 2_000,
    'ai.response.providerMetadata': '{"anthropic":{"cacheCreationInputTokens":400}}',
    'gen_ai.system': 'anthropic.messages',
    'gen_ai.request.model': CLAUDE,
    'gen_ai.response.model': CLAUDE,
    ...genAi(100, 50),
  },
})

const claudeCode = (): Tree => ({
  name: 'claude_code.llm_request',
  scope: 'com.anthropic.claude_code.tracing',
  attributes: {
    'span.type': 'llm_request',
    model: CLAUDE,
    input_tokens: 100,
    output_tokens: 50,
    cache_read_tokens: 2_000,
    cache_creation_tokens: 400,
  },
})

const adkCall = (): Tree => ({
  name: 'call_llm',
  scope: 'gcp.vertex.agent',
  attributes: {
    'gen_ai.system': 'gcp.vertex.agent',
    'gen_ai.request.model': 'gemini-2.5-flash',
    ...genAi(1_000, 20),
    'gcp.vertex.agent.llm_response':
      '{"usage_metadata":{"prompt_token_count":1000,"candidates_token_count":20,"thoughts_token_count":80,"total_token_count":1100}}',
  },
})

const gptCall = (scope?: string): Tree => op('chat', 'gpt-4.1', { ...GPT, ...genAi(1_000, 100) }, [], scope)
const gptSum = { ...GPT, ...genAi(2_000, 200) }

const langSmith = (kind: string, name: string, attributes: Sent['attributes'] = {}, children: Tree[] = []): Tree => ({
  name,
  scope: 'langsmith',
  attributes: { 'langsmith.span.kind': kind, 'langsmith.trace.name': name, ...attributes },
  children,
})

const oiCall = (): Tree =>
  openInference('LLM', 'generation', {
    'llm.model_name': 'gpt-4.1',
    'llm.token_count.prompt': 1_000,
    'llm.token_count.completion': 100,
    'llm.token_count.total': 1_100,
  })
const oiSum = { 'llm.model_name': 'gpt-4.1', 'llm.token_count.prompt': 2_000, 'llm.token_count.completion': 200 }

const traceloopCall = (): Tree => ({
  name: 'openai.chat',
  kind: 'client',
  scope: '@traceloop/instrumentation-openai',
  attributes: {
    'llm.request.type': 'chat',
    'gen_ai.system': 'OpenAI',
    'gen_ai.request.model': 'gpt-4.1',
    'gen_ai.response.model': 'gpt-4.1-2025-04-14',
    'gen_ai.usage.prompt_tokens': 1_000,
    'gen_ai.usage.completion_tokens': 100,
    'llm.usage.total_tokens': 1_100,
  },
})

describe('a run of two calls costs two calls', () => {
  it.each<[string, Tree, number]>([
    ['OpenTelemetry GenAI', op('invoke_agent', 'a', gptSum, [gptCall(), gptCall()]), TWO_GPT],
    [
      'AI SDK 7',
      op('invoke_agent', 'a', gptSum, [op('agent_step', '1', gptSum, [gptCall('gen_ai')], 'gen_ai'), gptCall('gen_ai')], 'gen_ai'),
      TWO_GPT,
    ],
    [
      'AI SDK 5',
      {
        name: 'ai.generateText',
        scope: 'ai',
        attributes: {
          'ai.operationId': 'ai.generateText',
          'ai.model.id': CLAUDE,
          'ai.usage.inputTokens': 200,
          'ai.usage.outputTokens': 100,
        },
        children: [aiSdkCall(), aiSdkCall()],
      },
      TWO_CLAUDE,
    ],
    [
      'Claude Code',
      {
        name: 'claude_code.interaction',
        scope: 'com.anthropic.claude_code.tracing',
        attributes: { 'span.type': 'interaction' },
        children: [claudeCode(), claudeCode()],
      },
      TWO_CLAUDE,
    ],
    // 2 × (1,000×0.30 + 100×2.50)
    ['Google ADK', op('invoke_agent', 'a', {}, [adkCall(), adkCall()], 'gcp.vertex.agent'), 0.0011],
    [
      'OpenAI Agents, through OpenInference',
      openInference('AGENT', 'triage', oiSum, [openInference('CHAIN', 'turn', oiSum, [oiCall(), oiCall()])]),
      TWO_GPT,
    ],
    [
      'OpenLLMetry',
      {
        name: 'support.workflow',
        scope: '@traceloop/node-server-sdk',
        attributes: { 'traceloop.span.kind': 'workflow', 'traceloop.entity.name': 'support' },
        children: [traceloopCall(), traceloopCall()],
      },
      TWO_GPT,
    ],
    [
      'LangSmith',
      langSmith('chain', 'LangGraph', gptSum, [
        langSmith('llm', 'ChatOpenAI', { ...GPT, ...genAi(1_000, 100) }),
        langSmith('llm', 'ChatOpenAI', { ...GPT, ...genAi(1_000, 100) }),
      ]),
      TWO_GPT,
    ],
    [
      'Pydantic AI',
      op(
        'invoke_agent',
        'a',
        { 'gen_ai.aggregated_usage.input_tokens': 2_000, 'gen_ai.aggregated_usage.output_tokens': 200 },
        [gptCall('pydantic-ai'), gptCall('pydantic-ai')],
        'pydantic-ai',
      ),
      TWO_GPT,
    ],
    [
      'Microsoft Agent Framework',
      {
        name: 'workflow.run',
        scope: 'agent_framework',
        children: [
          {
            name: 'executor.process writer',
            scope: 'agent_framework',
            attributes: { 'executor.id': 'writer' },
            children: [op('invoke_agent', 'writer', gptSum, [gptCall('agent_framework'), gptCall('agent_framework')], 'agent_framework')],
          },
        ],
      },
      TWO_GPT,
    ],
  ])('%s', (_system, tree, usd) => {
    const runs = analyze(recognized(tree))
    expect(runs).toHaveLength(1)
    const { run } = runs[0]!
    expect(Math.abs(run.costUsd - usd)).toBeLessThan(1e-9)
    expect(run.unpricedCalls).toBe(0)
    expect(run.calls.filter(({ costSource }) => costSource === 'priced')).toHaveLength(2)
  })
})
