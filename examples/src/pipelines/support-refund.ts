// A support agent that refunds late orders: LangGraph, OpenAI, two tools, and a person for large amounts.
import { Annotation, type BaseCheckpointSaver, Command, END, interrupt, START, StateGraph } from '@langchain/langgraph'
import { check, human, retry, tool } from '@seamtrace/sdk'
import { instrumentGraph } from '@seamtrace/sdk/langgraph'
import type OpenAI from 'openai'
import { askModel } from './ask-model.ts'
import { getJson, isTransient, postJson } from './http.ts'

export type SupportServices = {
  openai: OpenAI
  checkpointer: BaseCheckpointSaver
  ordersUrl: string
  mailUrl: string
  ordersTimeoutMs: number
  backoffMs: number
}

export type Ticket = { runId: string; orderId: string; customer: string; message: string }
export type Approval = { decision: 'approved' | 'rejected' }

type Order = { id: string; status: string; amount: number; currency: string }
type Refund = { eligible: boolean; amount: number; reason: string }

const State = Annotation.Root({
  ticket: Annotation<Ticket>,
  category: Annotation<string>,
  order: Annotation<Order>,
  refund: Annotation<Refund>,
  decision: Annotation<string>,
  mailId: Annotation<string>,
})
type StateOf = typeof State.State

/** Refunds above this amount are decided by a person. */
const APPROVAL_LIMIT = 200

/** The compiled graph; compile once, run often. */
export const compileSupportRefund = (services: SupportServices) =>
  new StateGraph(State)
    .addNode('classify', (state: StateOf) => classify(services, state))
    .addNode('order_status', (state: StateOf) => orderStatus(services, state))
    .addNode('refund_eligibility', (state: StateOf) => refundEligibility(services, state))
    .addNode('verify', verify)
    .addNode('human_approval', humanApproval)
    .addNode('respond', (state: StateOf) => respond(services, state))
    .addEdge(START, 'classify')
    .addEdge('classify', 'order_status')
    .addEdge('order_status', 'refund_eligibility')
    .addEdge('refund_eligibility', 'verify')
    .addConditionalEdges('verify', (state: StateOf) => (state.refund.amount > APPROVAL_LIMIT ? 'human_approval' : 'respond'), [
      'human_approval',
      'respond',
    ])
    .addEdge('human_approval', 'respond')
    .addEdge('respond', END)
    .compile({ checkpointer: services.checkpointer })

export type SupportRefund = ReturnType<typeof compileSupportRefund>

/** Handles a ticket; `waiting` when a person has to approve the refund first. */
export const runSupportRefund = async (graph: SupportRefund, ticket: Ticket): Promise<{ waiting: boolean }> => {
  const result: object = await traced(graph, ticket).invoke({ ticket }, configOf(ticket))
  return { waiting: '__interrupt__' in result }
}

/** Goes on with a ticket after the person has answered. */
export const resumeSupportRefund = async (graph: SupportRefund, ticket: Ticket, approval: Approval): Promise<void> => {
  await traced(graph, ticket).invoke(new Command({ resume: approval }), configOf(ticket))
}

const traced = (graph: SupportRefund, { runId, customer }: Ticket): SupportRefund =>
  instrumentGraph(graph, {
    pipeline: 'support-refund',
    version: '3.4.0',
    runId,
    session: `ticket-${runId}`,
    user: customer,
    needs: { refund_eligibility: ['order.id', 'order.amount'] },
  })

const configOf = ({ runId }: Ticket) => ({ configurable: { thread_id: runId } })

const classify = async ({ openai }: SupportServices, { ticket }: StateOf) => {
  const { category } = await askModel<{ category: string }>(openai, {
    model: 'gpt-4.1-mini',
    schema: 'ticket_class',
    system: 'Tell the category of the ticket.',
    input: { order: ticket.orderId, message: ticket.message },
  })
  return { category }
}

const orderStatus = async ({ ordersUrl, ordersTimeoutMs, backoffMs }: SupportServices, { ticket: { orderId } }: StateOf) => {
  const policy = { attempts: 3, backoffMs, timeoutMs: ordersTimeoutMs, retryOn: isTransient }
  const order = await retry('orders_api', policy, ({ signal }) =>
    tool('orders_api', { input: { orderId } }, () => getJson<Order>(`${ordersUrl}/orders/${orderId}`, { signal })),
  )
  return { order }
}

const refundEligibility = async ({ openai }: SupportServices, { order }: StateOf) => {
  const refund = await askModel<Refund>(openai, {
    model: 'gpt-4.1',
    schema: 'refund_decision',
    system: 'Decide by the refund policy whether the order is refunded, and how much.',
    input: { order: order.id, amount: order.amount.toFixed(2), status: order.status },
  })
  return { refund: { ...refund, amount: Number(refund.amount) } }
}

const verify = ({ order, refund }: StateOf) => {
  const within = check('refund_policy', { of: 'refund_eligibility' }, () => refund.amount <= order.amount)
  if (!within) throw new Error(`refund of ${refund.amount} is more than the order was worth`)
  return {}
}

const humanApproval = ({ refund, order }: StateOf) => {
  const { decision } = human('refund_desk', { type: 'approval', requestId: order.id }, () =>
    interrupt<{ order: string; amount: number }, Approval>({ order: order.id, amount: refund.amount }),
  )
  return { decision }
}

const respond = async ({ openai, mailUrl }: SupportServices, { ticket, refund, decision }: StateOf) => {
  const granted = refund.eligible && decision !== 'rejected'
  const mail = await askModel<{ subject: string; body: string }>(openai, {
    model: 'gpt-4.1-mini',
    schema: 'reply',
    system: 'Write the answer to the customer.',
    input: { order: ticket.orderId, granted, amount: refund.amount },
  })
  const message = { to: ticket.customer, reference: ticket.orderId, ...mail }
  const sent = await tool('send_email', { input: message, sideEffect: true }, () =>
    postJson<{ id: string }>(`${mailUrl}/messages`, message),
  )
  return { mailId: sent.id }
}
