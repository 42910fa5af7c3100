// Pipelines on LangGraph.js and LangChain, as Seamtrace tells of them: what the frameworks keep to themselves is seen and charged.
import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { FakeChatModel } from '@langchain/core/utils/testing'
import { Annotation, Command, entrypoint, interrupt, MemorySaver, START, StateGraph, task } from '@langchain/langgraph'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import type { Run } from '@seamtrace/schema'
import { pipeline, score } from '@seamtrace/sdk'
import { instrumentCheckpointer, instrumentGraph } from '@seamtrace/sdk/langgraph'
import { describe, expect, it } from 'vitest'
import { callsOf, runOf, runsOf } from './analyzed.fixture.ts'

/** A chat model that gives prepared messages, or throws, as a vendor's class would. */
class Prepared extends FakeChatModel {
  readonly replies: (AIMessage | Error)[]
  constructor(...replies: (AIMessage | Error)[]) {
    super({})
    this.replies = replies
  }
  override getLsParams() {
    return { ls_model_type: 'chat' as const, ls_provider: 'openai', ls_model_name: 'gpt-5-mini' }
  }
  override async _generate() {
    const message = this.replies.shift() ?? new Error('nothing is prepared')
    if (message instanceof Error) throw message
    return { generations: [{ text: String(message.content), message }] }
  }
  override bindTools(): this {
    return this
  }
}

const asks = (name: string, args: Record<string, unknown>): AIMessage =>
  new AIMessage({ content: '', tool_calls: [{ name, args, id: `${name}-${JSON.stringify(args)}`, type: 'tool_call' }] })
const says = (content: string, finish = 'stop'): AIMessage => new AIMessage({ content, response_metadata: { finish_reason: finish } })

const schema = { type: 'object' as const, properties: { id: { type: 'number' as const } }, required: ['id'] }
const getOrder = tool(
  ({ id }: { id: number }) => {
    if (id !== 7) throw Object.assign(new Error('the order system does not answer'), { status: 503 })
    return 'order 7'
  },
  { name: 'get_order', description: 'an order', schema },
)

const agent = (...replies: (AIMessage | Error)[]): Promise<unknown> =>
  instrumentGraph(createReactAgent({ llm: new Prepared(...replies), tools: [getOrder] }), { pipeline: 'desk' }).invoke({
    messages: [new HumanMessage('order 7?')],
  })

const failuresOf = (run: Run): string[] =>
  run.failures.map(({ seam, kind, recovered }) => `${seam} ${kind}${recovered ? ', recovered' : ''}`)

describe('tools and models of LangChain', () => {
  it('are calls of their steps', async () => {
    const run = await runOf(() => agent(asks('get_order', { id: 7 }), says('on its way')))
    expect([run.outcome, run.failures]).toEqual(['success', []])
    expect(callsOf(run).sort()).toEqual(['model gpt-5-mini success ×1', 'model gpt-5-mini success ×1', 'tool get_order success ×1'])
  })

  it.each([
    ['a tool that throws', asks('get_order', { id: 8 }), 'tools→get_order tool_unavailable'],
    ['a tool that does not exist', asks('find_order', { id: 7 }), 'tools→find_order tool_schema'],
    ['arguments that a tool refuses', asks('get_order', { order: 7 }), 'tools→get_order tool_schema'],
  ])('%s fails, though the model is told and goes on', async (_case, mistake, failure) => {
    const run = await runOf(() => agent(mistake, asks('get_order', { id: 7 }), says('on its way')))
    expect([run.outcome, failuresOf(run)]).toEqual(['success', [`${failure}, recovered`]])
  })

  it('that fail quietly are charged when the result is judged wrong', async () => {
    const run = await runOf(() =>
      pipeline('desk', async () => {
        await agent(asks('get_order', { id: 8 }), says('on its way'))
        score('right', false)
      }),
    )
    expect([run.outcome, run.attributedTo?.seam, run.attributedTo?.kind]).toEqual(['failure', 'tools→get_order', 'swallowed_error'])
  })

  it.each([
    ['limits', Object.assign(new Error('slow down'), { status: 429 }), 'rate_limited'],
    ['breaks', Object.assign(new Error('internal error'), { status: 500 }), 'provider_error'],
    ['overflows', Object.assign(new Error("This model's maximum context length is 8192 tokens"), { status: 400 }), 'context_overflow'],
  ])('a model that %s is charged', async (_how, error, kind) => {
    const run = await runOf(() => agent(error))
    expect([run.outcome, run.attributedTo?.step, run.attributedTo?.kind]).toEqual(['failure', 'agent', kind])
  })
})

const State = Annotation.Root({ question: Annotation<string>, answer: Annotation<string> })
const asking = (saver: MemorySaver) =>
  instrumentGraph(
    new StateGraph(State)
      .addNode('approve', () => ({ answer: String(interrupt('refund?')) }))
      .addEdge(START, 'approve')
      .compile({ checkpointer: instrumentCheckpointer(saver) }),
    { pipeline: 'desk' },
  )
const thread = { configurable: { thread_id: 't' } }

describe('checkpoints', () => {
  it('are kept, and a new thread has lost nothing', async () => {
    const app = asking(new MemorySaver())
    const run = await runOf(async () => {
      await app.invoke({ question: 'q' }, thread)
      await app.invoke(new Command({ resume: 'yes' }), thread)
    })
    expect([run.outcome, run.failures]).toEqual(['success', []])
  })

  it('that are gone when a run goes on are charged, although LangGraph ends without a word', async () => {
    const run = await runOf(() =>
      pipeline('desk', async () => {
        const result = await asking(new MemorySaver()).invoke(new Command({ resume: 'yes' }), thread)
        score('answered', result?.answer !== undefined)
      }),
    )
    expect([run.outcome, run.attributedTo?.kind]).toEqual(['failure', 'lost_checkpoint'])
  })

  it('that cannot be read are what a run failed by', async () => {
    const saver = new MemorySaver()
    saver.getTuple = () => Promise.reject(new Error('connection refused'))
    const run = await runOf(() => asking(saver).invoke({ question: 'q' }, thread))
    expect([run.outcome, run.attributedTo?.kind]).toEqual(['failure', 'lost_checkpoint'])
  })

  it('of which an old one is gone on from make another run', async () => {
    const app = asking(new MemorySaver())
    const runs = await runsOf(async () => {
      await app.invoke({ question: 'q' }, thread)
      await app.invoke(new Command({ resume: 'yes' }), thread)
      for await (const { config, next } of app.getStateHistory(thread)) if (next.includes('approve')) await app.invoke(null, config)
    })
    const [first, fork] = runs.sort((a, b) => a.startTime.localeCompare(b.startTime))
    expect([runs.length, fork?.retryOf, fork?.outcome]).toEqual([2, first?.runId, 'waiting'])
  })
})

describe('tasks of the functional API', () => {
  it('that fail are charged themselves', async () => {
    const search = task('search', async () => {
      throw new Error('bad query')
    })
    const flow = instrumentGraph(
      entrypoint('research', () => search()),
      { pipeline: 'desk' },
    )
    const run = await runOf(() => flow.invoke('q'))
    expect([run.outcome, run.attributedTo?.kind, failuresOf(run)]).toEqual(['failure', 'exception', ['research→search exception']])
  })
})

it('a command to a name that is no node is charged as that, although LangGraph ends without a word', async () => {
  const graph = new StateGraph(State)
    .addNode('plan', () => new Command({ goto: 'nowhere' }), { ends: ['work'] })
    .addNode('work', () => ({ answer: 'done' }))
    .addEdge(START, 'plan')
    .compile()
  const run = await runOf(() =>
    pipeline('desk', async () => {
      const { answer } = await instrumentGraph(graph, { pipeline: 'planner' }).invoke({ question: 'q' })
      if (answer === undefined) throw new Error('there is no result')
    }),
  )
  expect([run.outcome, run.attributedTo?.seam, run.attributedTo?.kind]).toEqual(['failure', 'plan→nowhere', 'unknown_target'])
})
