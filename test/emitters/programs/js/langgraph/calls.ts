// LangGraph programs whose steps follow one another: what their models and tools do, and how that fails.
import { HumanMessage } from '@langchain/core/messages'
import { tool as langchainTool } from '@langchain/core/tools'
import { END, START, StateGraph } from '@langchain/langgraph'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { z } from 'zod'
import { chain, endsBadly, type Happened, model, script, step, tool } from '../frame.ts'
import { ask, brokenOrder, classify, getOrder, llm, lookup, MODEL, QUESTION, type State, support, Ticket } from './support.ts'

export const happyPath = async (): Promise<Happened> => {
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

export const retryThenSuccess = async (): Promise<Happened> => {
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
        steps: [step('classify'), step('lookup', 'success', 2), step('respond')],
        calls: [tool('get_order', 2)],
        models: [model(MODEL), model(MODEL)],
        handoffs: chain('classify', 'lookup', 'respond'),
      },
    ],
  }
}

export const retriesExhausted = async (): Promise<Happened> => {
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
        steps: [step('classify'), step('respond', 'failure', 3)],
        models: [model(MODEL), model(MODEL, 3, 'failure')],
        handoffs: chain('classify', 'respond'),
        failure: { seam: 'classify→respond', seamKind: 'handoff', gap: 'error', kind: 'rate_limited', exhausted: true },
      },
    ],
  }
}

export const toolError = async (): Promise<Happened> => {
  await script([{ text: 'shipping' }])
  await endsBadly(() => support(async () => ({ order: String(await brokenOrder.invoke({ orderId: 'A-17' })) })).invoke(QUESTION))
  return {
    story: 'The tool of the second node throws, and nobody catches it.',
    runs: [
      {
        pipeline: 'support',
        outcome: 'failure',
        steps: [step('classify'), step('lookup', 'failure')],
        calls: [tool('get_order', 1, 'failure')],
        models: [model(MODEL)],
        handoffs: chain('classify', 'lookup'),
        failure: { seam: 'lookup→get_order', seamKind: 'tool', gap: 'tool', kind: 'tool_error', exhausted: false },
      },
    ],
  }
}

export const toolErrorResult = async (): Promise<Happened> => {
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

export const swallowedError = async (): Promise<Happened> => {
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

export const missingState = async (): Promise<Happened> => {
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
        steps: [step('classify'), step('lookup', 'failure')],
        models: [model(MODEL)],
        handoffs: chain('classify', 'lookup'),
        failure: { seam: 'classify→lookup', seamKind: 'handoff', gap: 'state', kind: 'missing_state', exhausted: false },
      },
    ],
  }
}

export const cachedTokens = async (): Promise<Happened> => {
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
