// billing-reconciliation 1: four agents that pass free-form payloads through a queue; nothing is checked before the audit.
import { pipeline, receive, state, step, tool } from '@seamtrace/sdk'
import {
  audit,
  type Batch,
  type BillingServices,
  type Extracted,
  type Invoice,
  readInvoices,
  totalOf,
  writeReport,
} from './billing-agents.ts'
import { postJson } from './http.ts'
import { sendTo } from './queue-handoff.ts'

export const runBillingV1 = (services: BillingServices, batch: Batch): Promise<void> =>
  pipeline('billing-reconciliation', { version: '1.0.0', runId: batch.runId, session: batch.batchId }, async () => {
    const invoices = await extractInvoices(services, batch)
    await matchPayments(services, batch)
    await reconcile(services, batch)
    await report(services, batch)
    await audit(services, batch.batchId, invoices)
  })

const balanceKey = ({ batchId }: Batch) => `balance/${batchId}`

const putBalance = ({ store }: BillingServices, batch: Batch, balanceCents: number) =>
  state('balance_store', 'put', { key: balanceKey(batch), value: { balanceCents } }, () => store.put(balanceKey(batch), { balanceCents }))

const extractInvoices = (services: BillingServices, batch: Batch): Promise<Invoice[]> =>
  step('extract_invoices', { agent: 'extractor', input: { batchId: batch.batchId } }, async ({ batchId }) => {
    const extracted = await readInvoices(services.openai, batchId)
    await putBalance(services, batch, 0)
    sendTo(services.queue, 'match_payments', batchId, { batchId, ...extracted }, { mustKeep: ['customerId', 'invoices'] })
    return extracted.invoices
  })

const matchPayments = async (services: BillingServices, batch: Batch): Promise<void> => {
  const [message] = await services.queue.receive('match_payments', batch.batchId, services.queueTimeoutMs)
  const payload = JSON.parse(message.body) as Extracted
  await receive(
    message.headers,
    { agent: 'matcher', input: payload, needs: ['customerId', 'invoices'] },
    async ({ customerId, invoices }) => {
      if (!customerId) throw new Error(`cannot match payments of batch ${batch.batchId}: no customer`)
      await putBalance(services, batch, totalOf(invoices))
      sendTo(services.queue, 'reconcile', batch.batchId, JSON.stringify({ customerId, matched: invoices }))
    },
  )
}

const reconcile = async (services: BillingServices, batch: Batch): Promise<void> => {
  const messages = await services.queue.receive('reconcile', batch.batchId, services.queueTimeoutMs)
  const [{ headers, body }] = messages
  await receive(headers, { agent: 'reconciler', input: body }, async () => {
    const balance = await state('balance_store', 'get', { key: balanceKey(batch) }, () => services.store.get(balanceKey(batch)))
    if (!balance) throw new Error(`no balance of batch ${batch.batchId}`)
    const { balanceCents } = balance.value as { balanceCents: number }
    for (const message of messages) await postAll(services, batch, message.body, balanceCents)
    sendTo(services.queue, 'report', batch.batchId, { batchId: batch.batchId, balanceCents })
  })
}

const postAll = async ({ ledgerUrl }: BillingServices, { batchId }: Batch, body: string, balanceCents: number): Promise<void> => {
  const { matched } = JSON.parse(body) as { matched: Invoice[] }
  for (const { invoiceId, amountCents } of matched) {
    const posting = { reference: invoiceId, amountCents, balanceCents }
    await tool('ledger', { input: posting, sideEffect: true }, () => postJson(`${ledgerUrl}/batches/${batchId}`, posting))
  }
}

const report = async (services: BillingServices, batch: Batch): Promise<void> => {
  const [message] = await services.queue.receive('report', batch.batchId, services.queueTimeoutMs)
  await receive(message.headers, { agent: 'reporter', input: JSON.parse(message.body) }, () => writeReport(services.openai, batch.batchId))
}
