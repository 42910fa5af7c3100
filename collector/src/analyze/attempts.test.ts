// What is another try of the same work, where no SDK of ours says so: spans as the frameworks send them.
import type { RecognizedSpan, Run } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize/recognize.ts'
import { type Sent, sentSpan } from '../recognize/sent.fixture.ts'
import { analyze } from './analyze.ts'
import { analyzedAttributes } from './analyzed-keys.ts'

type Tree = Sent & { children?: Tree[] }

/** One after the other, 1 ms each. */
const laidOut = (root: Tree): RecognizedSpan[] => {
  const spans: RecognizedSpan[] = []
  let clock = 1_790_000_000_000_000_000n
  const lay = ({ children = [], ...sent }: Tree, parentSpanId: string): void => {
    const spanId = (spans.length + 1).toString(16).padStart(16, '0')
    const place = spans.push(recognize({ ...sentSpan(sent), spanId, parentSpanId, startTimeUnixNano: clock })) - 1
    clock += 1_000_000n
    for (const child of children) lay(child, spanId)
    spans[place] = { ...(spans[place] as RecognizedSpan), endTimeUnixNano: clock }
    clock += 1_000_000n
  }
  lay(root, '')
  return spans
}

/** The same of the spans as the store gives them, and in any order. */
const runOf = (root: Tree): Run => {
  const spans = laidOut(root)
  const [analyzed] = analyze(spans)
  expect(analyze(spans.map((span) => ({ ...span, attributes: analyzedAttributes(span.attributes) })))).toEqual([analyzed])
  expect(analyze(spans.toReversed())).toEqual([analyzed])
  return analyzed?.run as Run
}

const told = ({ calls }: Run): [string, string, string[]][] =>
  calls.map(({ name, model, outcome, attempts }) => [model || name, outcome, attempts.map((attempt) => attempt.outcome)])

const OP = 'gen_ai.operation.name'
const agent = (...children: Tree[]): Tree => ({
  name: 'invoke_agent clerk',
  attributes: { [OP]: 'invoke_agent', 'gen_ai.agent.name': 'clerk' },
  isRoot: true,
  children,
})
const getOrder = (input: string, error?: string): Tree => ({
  name: 'execute_tool get_order',
  attributes: { [OP]: 'execute_tool', 'gen_ai.tool.name': 'get_order', ...(input && { 'gen_ai.tool.call.arguments': input }) },
  ...(error && { error }),
})
const chat = (more: Sent['attributes'] = {}, error?: string): Tree => ({
  name: 'chat gpt-4.1',
  kind: 'client',
  attributes: { [OP]: 'chat', 'gen_ai.request.model': 'gpt-4.1', ...more },
  ...(error && { error }),
})
const TRIED_TWICE = ['get_order', 'success', ['failure', 'success']]

describe('a tool that is called again after an error', () => {
  it('with the same input is another attempt', () => {
    const run = runOf(agent(getOrder('{"id":1}', 'busy'), getOrder('{"id":1}')))
    expect(told(run)).toEqual([TRIED_TWICE])
    expect(run).toMatchObject({ outcome: 'success', recovered: true })
  })
  it('is so also when the model was asked in between', () => {
    const run = runOf(agent(getOrder('{"id":1}', 'busy'), chat(), getOrder('{"id":1}')))
    expect(told(run)).toEqual([TRIED_TWICE, ['gpt-4.1', 'success', ['success']]])
  })
  it.each([
    ['another input', '{"id":1}', '{"id":2}'],
    ['an input that is not told', '', ''],
    ['an input too long to be compared', `{"id":"${'1'.repeat(500)}"}`, `{"id":"${'1'.repeat(500)}"}`],
  ])('with %s is another call', (_what, first, second) => {
    expect(told(runOf(agent(getOrder(first, 'busy'), getOrder(second))))).toHaveLength(2)
  })
  it('after another step is another call', () => {
    const step: Tree = { name: 'run_step check', attributes: { [OP]: 'run_step', 'gen_ai.step.name': 'check' } }
    expect(told(runOf(agent(getOrder('{"id":1}', 'busy'), step, getOrder('{"id":1}'))))).toHaveLength(2)
  })
  it('to the end has used all attempts up, also below an MCP session', () => {
    const call: Tree = {
      scope: '@traceloop/instrumentation-mcp',
      name: 'get_order.tool',
      kind: 'client',
      attributes: { 'traceloop.span.kind': 'tool', 'traceloop.entity.name': 'get_order', 'traceloop.entity.input': '{"id":1}' },
      error: 'order service answered 503',
    }
    const session: Tree = { scope: call.scope ?? '', name: 'mcp.client.session', attributes: { 'traceloop.span.kind': 'session' } }
    const run = runOf({ name: 'ticket', isRoot: true, error: 'no order', children: [{ ...session, children: [call, call, call] }] })
    expect(told(run)).toEqual([['get_order', 'failure', ['failure', 'failure', 'failure']]])
    expect(run.failures[0]).toMatchObject({ exhausted: true })
  })
})

describe('an inference after one that was refused', () => {
  const asked = (text: string) => ({ 'gen_ai.input.messages': text })
  it('is another attempt, where nobody tells what was asked', () => {
    expect(told(runOf(agent(chat({}, 'busy'), chat())))).toEqual([['gpt-4.1', 'success', ['failure', 'success']]])
  })
  it('is another call, where something else was asked', () => {
    expect(told(runOf(agent(chat(asked('all of it'), 'too long'), chat(asked('half of it')))))).toHaveLength(2)
  })
  it('tells its model, which the refused one did not', () => {
    const response = (more: Tree): Tree => ({
      scope: 'openinference.instrumentation.openai_agents',
      name: 'response',
      ...more,
      attributes: { 'openinference.span.kind': 'LLM', ...more.attributes },
    })
    const named = response({ attributes: { 'llm.model_name': 'gpt-4.1' } })
    const refused = response({ error: 'busy' })
    const run = runOf(agent(named, refused, refused, named, named))
    expect(told(run)).toEqual([
      ['gpt-4.1', 'success', ['success']],
      ['gpt-4.1', 'success', ['failure', 'failure', 'success']],
      ['gpt-4.1', 'success', ['success']],
    ])
    expect(run.calls.map(({ name }) => name)).toEqual(['gpt-4.1', 'gpt-4.1', 'gpt-4.1'])
  })
})

describe('a root that is itself a call', () => {
  it('is the run and the call in it, with the tries that it tells', () => {
    const run = runOf({ ...chat({ 'http.request.resend_count': 1, 'gen_ai.usage.input_tokens': 100 }), isRoot: true })
    expect(told(run)).toEqual([['gpt-4.1', 'success', ['failure', 'success']]])
    expect(run).toMatchObject({ outcome: 'success', recovered: true, inputTokens: 100 })
  })
  it('is charged to the start of the pipeline', () => {
    const run = runOf({ ...chat({ 'http.response.status_code': 429 }, 'busy'), isRoot: true })
    expect(run.attributedTo).toMatchObject({ seam: 'start→shop', kind: 'rate_limited' })
  })
})

describe('a workflow of OpenAI Agents, whose span always says OK', () => {
  const span = (name: string, kind: string, more: Tree = {}): Tree => ({
    scope: 'openinference.instrumentation.openai_agents',
    name,
    ...more,
    attributes: { 'openinference.span.kind': kind, ...more.attributes },
  })
  const agentOf = (name: string, more: Tree = {}): Tree => span(name, 'AGENT', { ...more, attributes: { 'graph.node.id': name } })
  const failed = agentOf('clerk', { error: 'Error in agent run', children: [span('response', 'LLM', { error: '429 rate limit' })] })
  const workflow = (...children: Tree[]): Tree => span('desk', 'AGENT', { isRoot: true, children })

  it('failed when its last agent did', () => {
    const run = runOf(workflow(agentOf('triage'), failed))
    expect(run).toMatchObject({ outcome: 'failure', attributedTo: { seam: 'triage→clerk', kind: 'rate_limited' } })
  })
  it('went on when another agent began after that', () => {
    expect(runOf(workflow(failed, agentOf('manager')))).toMatchObject({ outcome: 'success', recovered: true })
  })
  it('of others is believed', () => {
    const desk = { name: 'invoke_workflow desk', isRoot: true, attributes: { [OP]: 'invoke_workflow' } }
    expect(runOf({ ...desk, children: [{ ...agent(), isRoot: false, error: 'it failed' }] })).toMatchObject({ outcome: 'success' })
  })
})

describe('one call that several layers tell of', () => {
  const chain = (name: string, kind: string, more: Tree = {}): Tree => ({
    scope: 'openinference.instrumentation.langchain',
    name,
    ...more,
    attributes: { 'openinference.span.kind': kind, ...more.attributes },
  })
  const completion = (model: string, more: Tree = {}): Tree => ({
    ...chain('ChatCompletion', 'LLM', { ...more, attributes: { 'llm.model_name': model } }),
    scope: 'openinference.instrumentation.openai',
  })

  it('is one inference, which the inner layer may name', () => {
    const inner = completion('gpt-4.1', { children: [completion('gpt-4.1')] })
    const run = runOf(agent(chain('ChatOpenAI', 'LLM', { children: [inner] })))
    expect(told(run)).toEqual([['gpt-4.1', 'success', ['success']]])
    expect(run.calls[0]?.name).toBe('gpt-4.1')
  })
  it('was tried again where the inner layer failed and was asked once more', () => {
    const run = runOf(agent(chain('Router', 'LLM', { children: [completion('gpt-4.1', { error: 'busy' }), completion('claude')] })))
    expect(told(run)).toEqual([['claude', 'success', ['failure', 'success']]])
    expect(run.recovered).toBe(true)
  })
  it('are two where both answered', () => {
    const both = [completion('gpt-4.1'), completion('gpt-4.1')]
    expect(told(runOf(agent(chain('ChatOpenAI', 'LLM', { children: both }))))).toHaveLength(2)
  })
  it('is one retrieval by the same name, and two by others', () => {
    const retriever = (name: string, children: Tree[] = []): Tree => chain(name, 'RETRIEVER', { children })
    const names = (root: Tree) => runOf(agent(root)).calls.map(({ name }) => name)
    expect(names(retriever('Docs.retrieve', [retriever('Docs._retrieve')]))).toEqual(['Docs'])
    expect(names(retriever('Fusion.retrieve', [retriever('Docs.retrieve')]))).toEqual(['Fusion', 'Docs'])
  })
  it('is one tool that a client of a protocol calls, and two where a tool calls itself', () => {
    const request: Tree = {
      name: 'tools/call get_order',
      kind: 'client',
      attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'get_order' },
    }
    expect(told(runOf(agent({ ...getOrder('{"id":1}'), children: [request] })))).toHaveLength(1)
    expect(told(runOf(agent({ ...getOrder('{"id":1}'), children: [getOrder('{"id":2}')] })))).toHaveLength(2)
  })
})

describe('requests of the HTTP client inside an inference', () => {
  const post = (status: number, name = 'POST'): Tree => ({
    scope: '@opentelemetry/instrumentation-undici',
    name,
    kind: 'client',
    attributes: { 'http.request.method': 'POST', 'server.address': 'api.openai.com', 'http.response.status_code': status },
    ...(status >= 400 && { error: '' }),
  })
  const asking = (...children: Tree[]): Tree => ({ ...chat(), children })

  it('are its attempts', () => {
    expect(told(runOf(agent(asking(post(429), post(503), post(200)))))).toEqual([['gpt-4.1', 'success', ['failure', 'failure', 'success']]])
    const run = runOf({ ...agent({ ...chat({}, 'busy'), children: [post(429), post(429)] }), error: 'busy' })
    expect(told(run)).toEqual([['gpt-4.1', 'failure', ['failure', 'failure']]])
    expect(run.failures[0]).toMatchObject({ exhausted: true, kind: 'provider_error' })
  })
  it.each([
    ['two that both went well', asking(post(200), post(200))],
    ['another request after a failed one', asking(post(404, 'GET'), post(200))],
  ])('are none: %s', (_what, call) => expect(told(runOf(agent(call)))).toEqual([['gpt-4.1', 'success', ['success']]]))
  it('are none of a later try of a retry around the inference', () => {
    const attempt = (number: number, call: Tree): Tree => ({
      name: `attempt ${number}`,
      attributes: { 'seamtrace.span.kind': 'attempt', 'seamtrace.attempt.number': number },
      ...(call.error && { error: call.error }),
      children: [call],
    })
    const tries = [attempt(1, { ...chat({}, 'busy'), children: [post(429), post(503)] }), attempt(2, asking(post(200)))]
    const retry: Tree = { name: 'retry ask', attributes: { 'seamtrace.span.kind': 'retry' }, children: tries }
    expect(told(runOf(agent(retry)))).toEqual([['gpt-4.1', 'success', ['failure', 'success']]])
  })
  it('are not counted where the inference tells its tries itself', () => {
    const call = { ...chat({ 'http.request.resend_count': 1 }), children: [post(429), post(200)] }
    expect(told(runOf(agent(call)))).toEqual([['gpt-4.1', 'success', ['failure', 'success']]])
  })
  it('are not tries of a tool, which may ask for several things', () => {
    const call = { ...getOrder('{"id":1}'), children: [post(404), post(200)] }
    expect(told(runOf(agent(call)))).toEqual([['get_order', 'success', ['success']]])
  })
})
