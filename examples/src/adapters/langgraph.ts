// LangGraph.js: a graph that waits for a person before it pays, and goes on when the answer is there; one line records it.
import { Annotation, Command, interrupt, MemorySaver, START, StateGraph } from '@langchain/langgraph'
import { start } from '@seamtrace/sdk'
import { instrumentCheckpointer, instrumentGraph } from '@seamtrace/sdk/langgraph'
import { instrumentOpenAI } from '@seamtrace/sdk/openai'
import OpenAI from 'openai'

const seamtrace = start({ service: 'langgraph' })
const openai = instrumentOpenAI(new OpenAI({ apiKey: process.env.OPENAI_API_KEY ?? 'local', baseURL: `${process.env.MODEL_URL}/v1` }))

const Refund = Annotation.Root({
  ticket: Annotation<string>,
  order: Annotation<{ id: number; total: number }>,
  reason: Annotation<string>,
  answer: Annotation<string>,
})
type State = typeof Refund.State

let busy = true
const findOrder = async (): Promise<Partial<State>> => {
  if (busy) {
    busy = false
    throw Object.assign(new Error('the order system is busy'), { status: 503 })
  }
  return { order: { id: 7, total: 40 } }
}

const decide = async ({ ticket }: State): Promise<Command> => {
  const messages = [{ role: 'user' as const, content: `Summarize: ${ticket}` }]
  const completion = await openai.chat.completions.create({ model: 'gpt-4.1-mini', messages })
  return new Command({ goto: 'approve', update: { reason: completion.choices[0]?.message.content ?? '' } })
}

const approve = ({ reason }: State): Partial<State> => ({ answer: String(interrupt({ ask: 'refund?', reason })) })
const pay = ({ order, answer }: State): Partial<State> => ({ answer: answer === 'yes' ? `refunded ${order.total}` : 'refused' })

const retryPolicy = { maxAttempts: 2, initialInterval: 10, jitter: false, logWarning: false }
const workflow = new StateGraph(Refund)
  .addNode('look up', findOrder, { retryPolicy })
  .addNode('decide', decide, { ends: ['approve'] })
  .addNode('approve', approve)
  .addNode('pay', pay)
  .addEdge(START, 'look up')
  .addEdge('look up', 'decide')
  .addEdge('approve', 'pay')

const checkpointer = instrumentCheckpointer(new MemorySaver())
const app = instrumentGraph(workflow.compile({ checkpointer }), { pipeline: 'refund-desk', version: '1.0.0', needs: { pay: ['order.id'] } })

const thread = { configurable: { thread_id: 'ticket-7' } }
await app.invoke({ ticket: 'My parcel came a day late.' }, thread)
// later, in this process or in another
const { answer } = await app.invoke(new Command({ resume: 'yes' }), thread)

console.log(answer)
await seamtrace.shutdown()
