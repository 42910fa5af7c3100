// Plain code without a framework: two steps, the seam between them, a tool that is tried again, and a check of the result.
import { check, handoff, pipeline, retry, start, step, tool } from '@seamtrace/sdk'

const seamtrace = start({ service: 'plain' })

let busy = true
const findOrder = async (id: number): Promise<{ id: number; total: number }> => {
  if (busy) {
    busy = false
    throw Object.assign(new Error('the order system is busy'), { status: 503 })
  }
  return { id, total: 40 }
}

const answer = await pipeline('refund-desk', { version: '1.0.0', session: 'ticket-7' }, async () => {
  const order = await step('look up', { input: { orderId: 7 }, needs: ['orderId'] }, ({ orderId }) =>
    retry('find order', { attempts: 3, backoffMs: 10, retryOn: (error) => error instanceof Error }, () =>
      tool('get_order', { input: { orderId } }, (input) => findOrder(input.orderId)),
    ),
  )
  const ticket = handoff('refund', { order }, { mustKeep: ['order.id'] })
  const refund = await step('refund', { handoff: ticket }, (payload) => ({ orderId: payload.order.id, amount: payload.order.total }))
  if (!check('amount is right', { of: 'refund' }, () => refund.amount === order.total)) throw new Error('the amounts differ')
  return refund
})

console.log(`refunded ${answer.amount}`)
await seamtrace.shutdown()
