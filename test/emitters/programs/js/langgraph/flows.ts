// LangGraph programs in which control moves: handoffs, people, loops, checks, branches.
import { HumanMessage } from '@langchain/core/messages'
import { tool as langchainTool } from '@langchain/core/tools'
import { Command, END, interrupt, MemorySaver, START, StateGraph } from '@langchain/langgraph'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { createSupervisor } from '@langchain/langgraph-supervisor'
import { z } from 'zod'
import { chain, endsBadly, type Happened, model, script, step, tool } from '../frame.ts'
import { answer, ask, classify, llm, MODEL, QUESTION, Ticket } from './support.ts'

export const handoff = async (): Promise<Happened> => {
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

export const humanWaiting = async (): Promise<Happened> => {
  await script([{ text: 'refund' }])
  await refundGraph().invoke({ question: 'Refund me' }, { configurable: { thread_id: 'ticket-1' } })
  return {
    story: 'The second node interrupts for an approval, and nobody has answered yet.',
    runs: [
      {
        pipeline: 'refund',
        outcome: 'waiting',
        steps: [step('classify'), step('approve', 'waiting')],
        models: [model(MODEL)],
        handoffs: chain('classify', 'approve'),
      },
    ],
  }
}

export const humanInterrupt = async (): Promise<Happened> => {
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

export const loopLimit = async (): Promise<Happened> => {
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

export const failedCheck = async (): Promise<Happened> => {
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

export const parallel = async (): Promise<Happened> => {
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
