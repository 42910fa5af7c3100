// The support graph that most LangGraph programs run: classify, look up an order, respond.
import { HumanMessage } from '@langchain/core/messages'
import { tool as langchainTool } from '@langchain/core/tools'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import { MODEL_URL } from '../frame.ts'

export const MODEL = 'gpt-4.1-mini'
export const llm = (maxRetries = 0): ChatOpenAI =>
  new ChatOpenAI({ model: MODEL, apiKey: 'sk-none', maxRetries, configuration: { baseURL: `${MODEL_URL}/v1` } })

export const Ticket = Annotation.Root({
  question: Annotation<string>,
  topic: Annotation<string>,
  customerId: Annotation<string | undefined>,
  order: Annotation<string>,
  answer: Annotation<string>,
  approved: Annotation<boolean>,
  drafts: Annotation<number>({ reducer: (_, next) => next, default: () => 0 }),
  notes: Annotation<string[]>({ reducer: (left, right) => left.concat(right), default: () => [] }),
})
export type State = typeof Ticket.State

export const getOrder = langchainTool(async ({ orderId }: { orderId: string }) => JSON.stringify({ orderId, status: 'shipped' }), {
  name: 'get_order',
  description: 'Looks up an order',
  schema: z.object({ orderId: z.string() }),
})
export const brokenOrder = langchainTool(
  async (_: { orderId: string }): Promise<string> => {
    throw new Error('order service answered 500')
  },
  { name: 'get_order', description: 'Looks up an order', schema: z.object({ orderId: z.string() }) },
)

export const ask = async (text: string, retries = 0): Promise<string> =>
  String((await llm(retries).invoke([new HumanMessage(text)])).content)

export const classify = async ({ question }: State) => ({ topic: await ask(`Classify: ${question}`) })
export const lookup = async () => ({ order: String(await getOrder.invoke({ orderId: 'A-17' })) })
export const answer = async ({ question, order }: State) => ({ answer: await ask(`Answer ${question} with ${order}`) })

export const support = (lookupNode: (state: State) => Promise<Partial<State>>, retry = 0) =>
  new StateGraph(Ticket)
    .addNode('classify', classify)
    .addNode('lookup', lookupNode, retry > 0 ? { retryPolicy: { maxAttempts: retry, initialInterval: 5, jitter: false } } : undefined)
    .addNode('respond', answer)
    .addEdge(START, 'classify')
    .addEdge('classify', 'lookup')
    .addEdge('lookup', 'respond')
    .addEdge('respond', END)
    .compile({ name: 'support' })

export const QUESTION = { question: 'Where is order A-17?' }
