// LangGraph programs as users write them: a support graph and its mishaps; which telemetry watches them is the caller's choice.
import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages'
import { tool as langchainTool } from '@langchain/core/tools'
import { Annotation, Command, END, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { createSupervisor } from '@langchain/langgraph-supervisor'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import type { Scenario, TrueCall, TrueStep } from '../../truth.ts'
import { type Happened, MODEL_URL, model, script, tool } from './frame.ts'

const MODEL = 'gpt-4.1-mini'
const llm = (maxRetries = 0): ChatOpenAI =>
  new ChatOpenAI({ model: MODEL, apiKey: 'sk-none', maxRetries, configuration: { baseURL: `${MODEL_URL}/v1` } })

const Ticket = Annotation.Root({
  question: Annotation<string>,
  topic: Annotation<string>,
  customerId: Annotation<string | undefined>,
  order: Annotation<string>,
  answer: Annotation<string>,
  approved: Annotation<boolean>,
  drafts: Annotation<number>({ reducer: (_, next) => next, default: () => 0 }),
  notes: Annotation<string[]>({ reducer: (left, right) => left.concat(right), default: () => [] }),
})
type State = typeof Ticket.State

const getOrder = langchainTool(async ({ orderId }: { orderId: string }) => JSON.stringify({ orderId, status: 'shipped' }), {
  name: 'get_order',
  description: 'Looks up an order',
  schema: z.object({ orderId: z.string() }),
})
const brokenOrder = langchainTool(
  async (_: { orderId: string }): Promise<string> => {
    throw new Error('order service answered 500')
  },
  { name: 'get_order', description: 'Looks up an order', schema: z.object({ orderId: z.string() }) },
)

const ask = async (text: string, retries = 0): Promise<string> => String((await llm(retries).invoke([new HumanMessage(text)])).content)

const classify = async ({ question }: State) => ({ topic: await ask(`Classify: ${question}`) })
const lookup = async () => ({ order: String(await getOrder.invoke({ orderId: 'A-17' })) })
const answer = async ({ question, order }: State) => ({ answer: await ask(`Answer ${question} with ${order}`) })

const step = (name: string, attempts = 1, outcome: TrueStep['outcome'] = 'success'): TrueStep => ({ name, attempts, outcome })
const chain = (...names: string[]) => names.slice(1).map((to, index) => ({ from: names[index] ?? '', to }))
const check = (name: string): TrueCall => ({ type: 'check', name, attempts: 1, outcome: 'success' })

/** Runs what may end in an error; the error is the truth of the scenario and belongs to nobody else. */
const endsBadly = async (run: () => Promise<unknown>): Promise<void> => {
  const failed = await run().then(
    () => false,
    () => true,
  )
  if (!failed) throw new Error('cannot record: the run was to fail, and did not')
}

const support = (lookupNode: (state: State) => Promise<Partial<State>>, retry = 0) =>
  new StateGraph(Ticket)
    .addNode('classify', classify)
    .addNode('lookup', lookupNode, retry > 0 ? { retryPolicy: { maxAttempts: retry, initialInterval: 5, jitter: false } } : undefined)
    .addNode('respond', answer)
    .addEdge(START, 'classify')
    .addEdge('classify', 'lookup')
    .addEdge('lookup', 'respond')
    .addEdge('respond', END)
    .compile({ name: 'support' })

const QUESTION = { question: 'Where is order A-17?' }

const happyPath = async (): Promise<Happened> => {
  await script([{ text: 'shipping' }, { text: 'It is on its way.' }])
  await support(lookup).invoke(QUESTION)
  return {
    story: 'Three nodes in a row: a model call, a tool call, a model call.',
    runs: [
      {
        pipeline: 'support',
        outcome: 'success',
        steps: [step('classify'), step('lookup'), step('respond')],
        calls: [tool('get_order')],
        models: [model(MODEL), model(MODEL)],
        handoffs: chain('classify', 'lookup', 'respond'),
      },
    ],
  }
}

const retryThenSuccess = async (): Promise<Happened> => {
  await script([{ text: 'shipping' }, { text: 'It is on its way.' }])
  let tries = 0
  const flaky = async () => {
    tries += 1
    return { order: String(await (tries < 2 ? brokenOrder : getOrder).invoke({ orderId: 'A-17' })) }
  }
  await support(flaky, 3).invoke(QUESTION)
  return {
    story: 'The tool of the second node throws once; the retry policy of the node runs it again.',
    runs: [
      {
        pipeline: 'support',
        outcome: 'success',
        recovered: true,
        steps: [step('classify'), step('lookup', 2), step('respond')],
        calls: [tool('get_order', 2)],
        models: [model(MODEL), model(MODEL)],
        handoffs: chain('classify', 'lookup', 'respond'),
      },
    ],
  }
}

const retriesExhausted = async (): Promise<Happened> => {
  const limited = { status: 429, message: 'Rate limit reached for requests' }
  await script([{ text: 'shipping' }, limited, limited, limited])
  const draft = async ({ question }: State) => ({ answer: await ask(`Answer ${question}`) })
  const graph = new StateGraph(Ticket)
    .addNode('classify', classify)
    .addNode('respond', draft, { retryPolicy: { maxAttempts: 3, initialInterval: 5, jitter: false, retryOn: () => true } })
    .addEdge(START, 'classify')
    .addEdge('classify', 'respond')
    .addEdge('respond', END)
    .compile({ name: 'support' })
  await endsBadly(() => graph.invoke(QUESTION))
  return {
    story: 'The model refuses the second node with 429 three times, as often as the retry policy tries.',
    runs: [
      {
        pipeline: 'support',
        outcome: 'failure',
        steps: [step('classify'), step('respond', 3, 'failure')],
        models: [model(MODEL), model(MODEL, 3, 'failure')],
        handoffs: chain('classify', 'respond'),
        failure: { seam: 'classify→respond', seamKind: 'handoff', gap: 'error', kind: 'rate_limited', exhausted: true },
      },
    ],
  }
}

const toolError = async (): Promise<Happened> => {
  await script([{ text: 'shipping' }])
  await endsBadly(() => support(async () => ({ order: String(await brokenOrder.invoke({ orderId: 'A-17' })) })).invoke(QUESTION))
  return {
    story: 'The tool of the second node throws, and nobody catches it.',
    runs: [
      {
        pipeline: 'support',
        outcome: 'failure',
        steps: [step('classify'), step('lookup', 1, 'failure')],
        calls: [tool('get_order', 1, 'failure')],
        models: [model(MODEL)],
        handoffs: chain('classify', 'lookup'),
        failure: { seam: 'lookup→get_order', seamKind: 'tool', gap: 'tool', kind: 'tool_error', exhausted: false },
      },
    ],
  }
}

const toolErrorResult = async (): Promise<Happened> => {
  await script([
    { tools: [{ name: 'get_order', arguments: { orderId: '17' } }] },
    { tools: [{ name: 'get_order', arguments: { orderId: 'A-17' } }] },
    { text: 'It is on its way.' },
  ])
  const strict = langchainTool(
    async ({ orderId }: { orderId: string }) => {
      if (!orderId.startsWith('A-')) throw new Error('no order 17: ids begin with A-')
      return 'shipped'
    },
    { name: 'get_order', description: 'Looks up an order', schema: z.object({ orderId: z.string() }) },
  )
  await createReactAgent({ llm: llm(), tools: [strict], name: 'order_agent' }).invoke({ messages: [new HumanMessage(QUESTION.question)] })
  return {
    story: 'The tool node turns a tool error into an error message; the model reads it and asks again with another id.',
    runs: [
      {
        pipeline: 'order_agent',
        outcome: 'success',
        recovered: true,
        agents: ['order_agent'],
        steps: [step('agent'), step('tools'), step('agent'), step('tools'), step('agent')],
        calls: [tool('get_order', 1, 'failure'), tool('get_order')],
        models: [model(MODEL), model(MODEL), model(MODEL)],
        handoffs: chain('agent', 'tools', 'agent', 'tools', 'agent'),
      },
    ],
  }
}

const swallowedError = async (): Promise<Happened> => {
  await script([{ text: 'shipping' }, { text: 'It is on its way.' }])
  await support(async () => ({ order: await brokenOrder.invoke({ orderId: 'A-17' }).catch(() => '') })).invoke(QUESTION)
  return {
    story: 'The second node catches the error of its tool and goes on with nothing; the answer is built on it.',
    runs: [
      {
        pipeline: 'support',
        outcome: 'success',
        recovered: true,
        steps: [step('classify'), step('lookup'), step('respond')],
        calls: [tool('get_order', 1, 'failure')],
        models: [model(MODEL), model(MODEL)],
        handoffs: chain('classify', 'lookup', 'respond'),
      },
    ],
  }
}

const handoff = async (): Promise<Happened> => {
  await script([
    { tools: [{ name: 'transfer_to_flight_agent', arguments: {} }] },
    { tools: [{ name: 'book_flight', arguments: { to: 'Oslo' } }] },
    { text: 'Flight to Oslo is booked.' },
    { text: 'All done.' },
  ])
  const bookFlight = langchainTool(async ({ to }: { to: string }) => `booked ${to}`, {
    name: 'book_flight',
    description: 'Books a flight',
    schema: z.object({ to: z.string() }),
  })
  const flights = createReactAgent({ llm: llm(), tools: [bookFlight], name: 'flight_agent' })
  const graph = createSupervisor({ agents: [flights], llm: llm(), supervisorName: 'supervisor' }).compile({ name: 'travel' })
  await graph.invoke({ messages: [new HumanMessage('Book me a flight to Oslo')] })
  return {
    story: 'A supervisor transfers to a flight agent, which books with a tool and transfers back.',
    runs: [
      {
        pipeline: 'travel',
        outcome: 'success',
        agents: ['flight_agent', 'supervisor'],
        steps: [step('supervisor'), step('flight_agent'), step('supervisor')],
        calls: [tool('book_flight')],
        models: [model(MODEL), model(MODEL), model(MODEL), model(MODEL)],
        handoffs: chain('supervisor', 'flight_agent', 'supervisor'),
      },
    ],
  }
}

const refundGraph = () =>
  new StateGraph(Ticket)
    .addNode('classify', classify)
    .addNode('approve', async () => ({ approved: Boolean(interrupt('Refund 40 EUR?')) }))
    .addNode('respond', answer)
    .addEdge(START, 'classify')
    .addEdge('classify', 'approve')
    .addEdge('approve', 'respond')
    .addEdge('respond', END)
    .compile({ name: 'refund', checkpointer: new MemorySaver() })

const humanWaiting = async (): Promise<Happened> => {
  await script([{ text: 'refund' }])
  await refundGraph().invoke({ question: 'Refund me' }, { configurable: { thread_id: 'ticket-1' } })
  return {
    story: 'The second node interrupts for an approval, and nobody has answered yet.',
    runs: [
      {
        pipeline: 'refund',
        outcome: 'waiting',
        steps: [step('classify'), step('approve', 1, 'waiting')],
        models: [model(MODEL)],
        handoffs: chain('classify', 'approve'),
      },
    ],
  }
}

const humanInterrupt = async (): Promise<Happened> => {
  await script([{ text: 'refund' }, { text: 'The refund is on its way.' }])
  const graph = refundGraph()
  const config = { configurable: { thread_id: 'ticket-1' } }
  await graph.invoke({ question: 'Refund me' }, config)
  await graph.invoke(new Command({ resume: true }), config)
  return {
    story: 'The second node interrupts for an approval; a second invoke on the same thread resumes it with yes.',
    runs: [
      {
        pipeline: 'refund',
        outcome: 'success',
        steps: [step('classify'), step('approve'), step('respond')],
        models: [model(MODEL), model(MODEL)],
        handoffs: chain('classify', 'approve', 'respond'),
      },
    ],
  }
}

const loopLimit = async (): Promise<Happened> => {
  await script([])
  const graph = new StateGraph(Ticket)
    .addNode('draft', async ({ drafts }) => ({ drafts: drafts + 1 }))
    .addNode('review', async () => ({}))
    .addEdge(START, 'draft')
    .addEdge('draft', 'review')
    .addConditionalEdges('review', () => 'draft', ['draft'])
    .compile({ name: 'writer' })
  await endsBadly(() => graph.invoke(QUESTION, { recursionLimit: 4 }))
  return {
    story: 'Two nodes send the work to and fro until the recursion limit of four steps.',
    runs: [
      {
        pipeline: 'writer',
        outcome: 'failure',
        steps: [step('draft'), step('review'), step('draft'), step('review')],
        handoffs: chain('draft', 'review', 'draft', 'review'),
        failure: { seam: 'start→writer', seamKind: 'handoff', gap: 'control', kind: 'recursion_limit', exhausted: false },
      },
    ],
  }
}

const failedCheck = async (): Promise<Happened> => {
  await script([{ text: 'It is, perhaps.' }, { text: 'It is on its way.' }])
  const graph = new StateGraph(Ticket)
    .addNode('draft', async ({ question, drafts }) => ({ answer: await ask(`Answer ${question}`), drafts: drafts + 1 }))
    .addNode('quality_check', async ({ answer: text }) => ({ approved: !text.includes('perhaps') }))
    .addEdge(START, 'draft')
    .addEdge('draft', 'quality_check')
    .addConditionalEdges('quality_check', ({ approved }) => (approved ? END : 'draft'), ['draft', END])
    .compile({ name: 'writer' })
  await graph.invoke(QUESTION)
  return {
    story: 'A check sends the first draft back, and lets the second one pass.',
    runs: [
      {
        pipeline: 'writer',
        outcome: 'success',
        steps: [step('draft'), step('quality_check'), step('draft'), step('quality_check')],
        models: [model(MODEL), model(MODEL)],
        handoffs: chain('draft', 'quality_check', 'draft', 'quality_check'),
      },
    ],
  }
}

const missingState = async (): Promise<Happened> => {
  await script([{ text: 'shipping' }])
  const needsCustomer = async ({ customerId }: State) => {
    if (customerId === undefined) throw new Error("missing state key 'customerId'")
    return { order: customerId }
  }
  await endsBadly(() => support(needsCustomer).invoke(QUESTION))
  return {
    story: 'The second node needs a state key that the first one never wrote.',
    runs: [
      {
        pipeline: 'support',
        outcome: 'failure',
        steps: [step('classify'), step('lookup', 1, 'failure')],
        models: [model(MODEL)],
        handoffs: chain('classify', 'lookup'),
        failure: { seam: 'classify→lookup', seamKind: 'handoff', gap: 'state', kind: 'missing_state', exhausted: false },
      },
    ],
  }
}

const cachedTokens = async (): Promise<Happened> => {
  await script([
    { text: 'shipping', usage: { input: 2000, cached: 1536, output: 12 } },
    { text: 'It is on its way.', usage: { input: 2100, cached: 1792, output: 340, reasoning: 256 } },
  ])
  return { ...(await happyRun()), story: 'Two model calls, most of whose input comes from the cache, the second with reasoning.' }
}

const happyRun = async (): Promise<Happened> => {
  await support(lookup).invoke(QUESTION)
  return {
    story: '',
    runs: [
      {
        pipeline: 'support',
        outcome: 'success',
        steps: [step('classify'), step('lookup'), step('respond')],
        calls: [tool('get_order')],
        models: [model(MODEL), model(MODEL)],
        handoffs: chain('classify', 'lookup', 'respond'),
      },
    ],
  }
}

const parallel = async (): Promise<Happened> => {
  await script([
    { match: 'prices', text: 'cheap' },
    { match: 'reviews', text: 'good' },
    { match: 'Answer', text: 'Buy it.' },
  ])
  const graph = new StateGraph(Ticket)
    .addNode('plan', async () => ({}))
    .addNode('prices', async () => ({ notes: [await ask('Find prices')] }))
    .addNode('reviews', async () => ({ notes: [await ask('Find reviews')] }))
    .addNode('respond', async ({ notes }) => ({ answer: await ask(`Answer with ${notes.length} notes`) }))
    .addEdge(START, 'plan')
    .addEdge('plan', 'prices')
    .addEdge('plan', 'reviews')
    .addEdge(['prices', 'reviews'], 'respond')
    .addEdge('respond', END)
    .compile({ name: 'research' })
  await graph.invoke(QUESTION)
  return {
    story: 'One node fans out to two that run at the same time; a fourth waits for both.',
    runs: [
      {
        pipeline: 'research',
        outcome: 'success',
        steps: [step('plan'), step('prices'), step('reviews'), step('respond')],
        models: [model(MODEL), model(MODEL), model(MODEL)],
        handoffs: [
          { from: 'plan', to: 'prices' },
          { from: 'plan', to: 'reviews' },
          { from: 'prices', to: 'respond' },
          { from: 'reviews', to: 'respond' },
        ],
      },
    ],
  }
}

export const LANGGRAPH_SCENARIOS: Record<Scenario, () => Promise<Happened>> = {
  happy_path: happyPath,
  retry_then_success: retryThenSuccess,
  retries_exhausted: retriesExhausted,
  tool_error: toolError,
  tool_error_result: toolErrorResult,
  swallowed_error: swallowedError,
  handoff,
  human_waiting: humanWaiting,
  human_interrupt: humanInterrupt,
  loop_limit: loopLimit,
  failed_check: failedCheck,
  missing_state: missingState,
  cached_tokens: cachedTokens,
  parallel,
}
