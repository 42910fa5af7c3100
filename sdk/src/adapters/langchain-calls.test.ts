import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages'
import { tool as langChainTool } from '@langchain/core/tools'
import { FakeChatModel, FakeListChatModel, FakeRetriever } from '@langchain/core/utils/testing'
import { interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { createReactAgent, ToolNode } from '@langchain/langgraph/prebuilt'
import { trace } from '@opentelemetry/api'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { facts } from '../../test/graph.ts'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../../test/spans.ts'
import { tool } from '../call.ts'
import { instrumentGraph } from './langgraph.ts'
import { instrumentOpenAI } from './openai.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

const called = (name: string, args: Record<string, unknown>, id = 'call-1'): AIMessage =>
  new AIMessage({ content: '', tool_calls: [{ name, args, id, type: 'tool_call' }] })

/** A chat model that gives prepared messages, as a vendor's class would. */
class Prepared extends FakeChatModel {
  readonly replies: AIMessage[]
  readonly asking: (() => Promise<unknown>) | undefined
  constructor(replies: AIMessage[], asking?: () => Promise<unknown>) {
    super({})
    this.replies = [...replies]
    this.asking = asking
  }
  override getLsParams() {
    return { ls_model_type: 'chat' as const, ls_provider: 'openai', ls_model_name: 'gpt-5-mini' }
  }
  override async _generate(_messages: BaseMessage[]) {
    await this.asking?.()
    const message = this.replies.shift()
    if (message === undefined) throw Object.assign(new Error('too many requests'), { status: 429 })
    return { generations: [{ text: String(message.content), message }] }
  }
  override bindTools(): this {
    return this
  }
}

const answer = new AIMessage({
  content: 'sunny',
  usage_metadata: { input_tokens: 12, output_tokens: 3, total_tokens: 15, input_token_details: { cache_read: 8 } },
  response_metadata: { model_name: 'gpt-5-mini-2026', finish_reason: 'stop' },
})

// as a vendor's schema, since this package has none of its own to check with
const schemaOf = (...required: string[]) => ({
  type: 'object' as const,
  properties: Object.fromEntries(required.map((key) => [key, { type: 'string' as const }])),
  required,
})

const weather = langChainTool(
  ({ city }: { city: string }) => (city === 'Bern' ? 'sunny' : Promise.reject(new TypeError(`no weather for ${city}`))),
  {
    name: 'weather',
    description: 'tells the weather',
    schema: schemaOf('city'),
  },
)

const graphOf = (node: ToolNode | ((state: typeof MessagesAnnotation.State) => Promise<{ messages: BaseMessage[] }>)) =>
  instrumentGraph(new StateGraph(MessagesAnnotation).addNode('work', node).addEdge(START, 'work').compile(), { pipeline: 'p' })

const modelGraph = (model: { invoke(messages: BaseMessage[]): Promise<BaseMessage> }) =>
  graphOf(async ({ messages }) => ({ messages: [await model.invoke(messages)] }))

const ask = { messages: [new HumanMessage('secret')] }

describe('models in a node', () => {
  it('are told with name, tokens and reason, below the step', async () => {
    await modelGraph(new Prepared([answer])).invoke(ask)
    const model = await spans.one('chat gpt-5-mini')
    expect(isChildOf(model, await spans.one('step work'))).toBe(true)
    expect(model.attributes).toMatchObject({
      'seamtrace.span.kind': 'model',
      'seamtrace.step.name': 'work',
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.response.model': 'gpt-5-mini-2026',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 3,
      'gen_ai.usage.cache_read.input_tokens': 8,
      'seamtrace.call.output.size': 5,
      'seamtrace.call.input.digest': expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect(JSON.stringify((await spans.all()).map((span) => span.attributes))).not.toContain('secret')
  })

  it('that fail show the error of the vendor', async () => {
    await expect(modelGraph(new Prepared([])).invoke(ask)).rejects.toThrow('too many requests')
    const model = await spans.one('chat gpt-5-mini')
    expect([statusOf(model), model.attributes['error.type'], model.attributes['http.response.status_code']]).toEqual(['ERROR', '429', 429])
  })

  it('that stream are told once, with their text', async () => {
    const model = new FakeListChatModel({ responses: ['hello'] })
    const graph = graphOf(async ({ messages }) => {
      for await (const _chunk of await model.stream(messages));
      return { messages: [] }
    })
    await graph.invoke(ask)
    expect((await spans.one('chat')).attributes['seamtrace.call.output.size']).toBe(5)
  })

  const reply = { id: 'c1', model: 'gpt-5-mini', choices: [{ message: { content: 'sunny' }, finish_reason: 'stop' }] }
  const client = (): OpenAI => new OpenAI({ apiKey: 'k', fetch: async () => Response.json(reply) })
  const body = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'q' }] }

  it('whose client is recorded already are counted once', async () => {
    const openai = instrumentOpenAI(client())
    await modelGraph(new Prepared([answer, answer], () => openai.chat.completions.create(body))).invoke(ask)
    expect((await spans.one('chat gpt-5-mini')).attributes['gen_ai.response.id']).toBe('c1')
  })

  it('that another instrumentation tells of are left to it', async () => {
    const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5-mini' }
    const elsewhere = async (): Promise<void> => trace.getTracer('other').startSpan('their call', { attributes }).end()
    await modelGraph(new Prepared([answer], elsewhere)).invoke(ask)
    expect((await spans.all()).map((span) => span.name)).toEqual(['their call', 'step work', 'pipeline p'])
  })

  it('are told beside a recorded client that another model uses', async () => {
    const openai = instrumentOpenAI(client())
    await modelGraph(new Prepared([answer], () => openai.chat.completions.create({ ...body, model: 'gpt-5' }))).invoke(ask)
    expect((await spans.named('chat gpt-5')).length + (await spans.named('chat gpt-5-mini')).length).toBe(2)
  })
})

describe('tools in a node', () => {
  const toolGraph = (): ReturnType<typeof graphOf> => graphOf(new ToolNode([weather]))

  it('are told with the id of the call', async () => {
    await toolGraph().invoke({ messages: [called('weather', { city: 'Bern' })] })
    const span = await spans.one('execute_tool weather')
    expect(isChildOf(span, await spans.one('step work'))).toBe(true)
    expect(span.attributes).toMatchObject({
      'gen_ai.tool.name': 'weather',
      'gen_ai.tool.call.id': 'call-1',
      'seamtrace.tool.result.status': 'ok',
      'seamtrace.call.output.size': 7,
    })
  })

  it('that fail are failed tools, although ToolNode makes a message of the error', async () => {
    const { messages } = await toolGraph().invoke({ messages: [called('weather', { city: 'Atlantis' })] })
    expect(messages.at(-1)?.content).toContain('no weather')
    const span = await spans.one('execute_tool weather')
    expect([statusOf(span), span.attributes['error.type']]).toEqual(['ERROR', 'TypeError'])
    expect(facts(await spans.one('step work'))).toEqual(['step work', 'UNSET', undefined])
  })

  it.each([
    ['that do not exist', called('wether', {}, 'call-2'), 'wether'],
    ['that refuse their arguments', called('weather', { town: 'Bern' }, 'call-2'), 'weather'],
  ])('%s are told, although nothing was called', async (_case, message, name) => {
    await toolGraph().invoke({ messages: [message] })
    const span = await spans.one(`execute_tool ${name}`)
    expect(span.attributes).toMatchObject({ 'error.type': 'tool_error', 'gen_ai.tool.call.id': 'call-2' })
    expect(statusOf(span)).toBe('ERROR')
  })

  it('that record themselves are counted once', async () => {
    const own = langChainTool(({ city }: { city: string }) => tool('weather', { input: { city } }, () => 'sunny'), {
      name: 'weather',
      description: 'tells the weather',
      schema: schemaOf('city'),
    })
    await graphOf(new ToolNode([own])).invoke({ messages: [called('weather', { city: 'Bern' })] })
    await spans.one('execute_tool weather')
  })

  it('that ask a person wait', async () => {
    const asking = langChainTool(() => String(interrupt('?')), { name: 'ask', description: 'asks', schema: schemaOf() })
    const graph = new StateGraph(MessagesAnnotation).addNode('work', new ToolNode([asking])).addEdge(START, 'work')
    const app = instrumentGraph(graph.compile({ checkpointer: new MemorySaver() }), { pipeline: 'p' })
    await app.invoke({ messages: [called('ask', {})] }, { configurable: { thread_id: 't' } })
    expect(facts(await spans.one('execute_tool ask'))).toEqual(['execute_tool ask', 'UNSET', 'waiting'])
  })
})

describe('an agent', () => {
  it('of the prebuilt kind shows its models and tools, each once and below its own step', async () => {
    const llm = new Prepared([called('weather', { city: 'Bern' }), answer])
    const app = instrumentGraph(createReactAgent({ llm, tools: [weather] }), { pipeline: 'agent' })
    await app.invoke(ask)
    const [first, second] = await spans.named('chat gpt-5-mini')
    const [before, after] = await spans.named('step agent')
    if (!first || !second || !before || !after) throw new Error('cannot find the two turns')
    expect([isChildOf(first, before), isChildOf(second, after)]).toEqual([true, true])
    expect(isChildOf(await spans.one('execute_tool weather'), await spans.one('step tools'))).toBe(true)
  })

  it('as a node of a recorded graph is told once too', async () => {
    const agent = createReactAgent({ llm: new Prepared([called('weather', { city: 'Bern' }), answer]), tools: [weather] })
    const inside = instrumentGraph(agent, { pipeline: 'inner' })
    const graph = graphOf(async (state) => ({ messages: (await inside.invoke(state)).messages }))
    await graph.invoke(ask)
    expect((await spans.named('chat gpt-5-mini')).length).toBe(2)
    await spans.one('execute_tool weather')
  })
})

describe('retrievers in a node', () => {
  it('are told', async () => {
    const retriever = new FakeRetriever()
    await graphOf(async () => {
      await retriever.invoke('secret')
      return { messages: [] }
    }).invoke(ask)
    expect((await spans.all()).map((span) => span.attributes['seamtrace.span.kind'])).toEqual(['retrieval', 'step', 'pipeline'])
  })
})

it('the callbacks of the program are called as before', async () => {
  const heard: string[] = []
  const callbacks = [{ handleChatModelStart: () => void heard.push('start'), handleLLMEnd: () => void heard.push('end') }]
  await modelGraph(new Prepared([answer])).invoke(ask, { callbacks })
  await expect.poll(() => heard).toEqual(['start', 'end'])
  expect(callbacks).toHaveLength(1)
})
