// billing-reconciliation 2: the same four agents and the same model, with a typed shared state and a step that verifies the totals.
import { check, handoff, pipeline, retry, state, step, tool } from '@seamtrace/sdk'
import { audit, type Batch, type BillingServices, booksOf, type Invoice, readInvoices, totalOf, writeReport } from './billing-agents.ts'
import { isTransient, postJson } from './http.ts'

/** What the agents share. They pass on its key, never its content. */
type Reconciliation = { customerId: string; invoices: Invoice[]; balanceCents: number }

const NAME = 'billing-reconciliation'
const MAX_ROUNDS = 3

export const runBillingV2 = (services: BillingServices, batch: Batch): Promise<void> =>
  pipeline(NAME, { version: '2.0.0', runId: batch.runId, session: batch.batchId }, async () => {
    await extractInvoices(services, batch)
    await matchPayments(services, batch)
    await reconcileUntilVerified(services, batch)
    await report(services, batch)
    const { invoices } = await read(services, batch)
    await audit(services, batch.batchId, invoices)
  })

const keyOf = ({ batchId }: Batch) => `reconciliation/${batchId}`

const write = ({ store }: BillingServices, batch: Batch, value: Reconciliation) =>
  state('reconciliation_state', 'put', { key: keyOf(batch), value }, () => store.put(keyOf(batch), value))

const read = async ({ store }: BillingServices, batch: Batch): Promise<Reconciliation> => {
  const stored = await state('reconciliation_state', 'get', { key: keyOf(batch) }, () => store.get(keyOf(batch)))
  if (!stored) throw new Error(`no reconciliation of batch ${batch.batchId}`)
  return stored.value as Reconciliation
}

const extractInvoices = (services: BillingServices, batch: Batch): Promise<void> =>
  step('extract_invoices', { agent: 'extractor', input: { batchId: batch.batchId } }, async ({ batchId }) => {
    const { customerId, invoices } = await readInvoices(services.openai, batchId)
    if (!customerId) throw new Error(`cannot read batch ${batchId}: no customer`)
    await write(services, batch, { customerId, invoices, balanceCents: 0 })
  })

const matchPayments = (services: BillingServices, batch: Batch): Promise<void> => {
  const ticket = handoff('match_payments', { key: keyOf(batch) }, { mustKeep: ['key'] })
  return step('match_payments', { agent: 'matcher', handoff: ticket, needs: ['key'] }, async () => {
    const shared = await read(services, batch)
    await write(services, batch, { ...shared, balanceCents: totalOf(shared.invoices) })
  })
}

const reconcileUntilVerified = async (services: BillingServices, batch: Batch): Promise<void> => {
  for (let round = 1, differenceCents = 0; ; round++) {
    await reconcile(services, batch, round, differenceCents)
    differenceCents = await verifyTotals(services, batch, round)
    if (differenceCents === 0) return
  }
}

const reconcile = (services: BillingServices, batch: Batch, round: number, differenceCents: number): Promise<void> => {
  const ticket = handoff('reconcile', { key: keyOf(batch), round, differenceCents }, { mustKeep: ['key'] })
  return step('reconcile', { agent: 'reconciler', handoff: ticket, needs: ['key'] }, async () => {
    const { invoices, balanceCents } = await read(services, batch)
    const postings = round === 1 ? invoices : [{ invoiceId: `${batch.batchId}-correction-${round - 1}`, amountCents: differenceCents }]
    for (const { invoiceId, amountCents } of postings)
      await post(services, batch, { reference: invoiceId, amountCents, balanceCents, idempotencyKey: invoiceId })
  })
}

const post = ({ ledgerUrl, backoffMs }: BillingServices, { batchId }: Batch, posting: object): Promise<unknown> =>
  retry('ledger', { attempts: 3, backoffMs, retryOn: isTransient }, () =>
    tool('ledger', { input: posting, sideEffect: true }, () => postJson(`${ledgerUrl}/batches/${batchId}`, posting)),
  )

const verifyTotals = (services: BillingServices, batch: Batch, round: number): Promise<number> => {
  const ticket = handoff('verify_totals', { key: keyOf(batch), round })
  return step('verify_totals', { agent: 'verifier', handoff: ticket }, async () => {
    const expected = totalOf((await read(services, batch)).invoices)
    const { totalCents } = await booksOf(services, batch.batchId)
    const difference = expected - totalCents
    const pass = check('totals', { of: 'reconcile' }, () => ({
      pass: difference === 0,
      reason: `ledger ${totalCents}, invoices ${expected}`,
    })).pass
    if (!pass && round >= MAX_ROUNDS) throw new Error(`totals still differ by ${difference} cents after ${round} rounds`)
    return difference
  })
}

const report = (services: BillingServices, batch: Batch): Promise<{ text: string }> => {
  const ticket = handoff('report', { key: keyOf(batch) }, { mustKeep: ['key'] })
  return step('report', { agent: 'reporter', handoff: ticket }, () => writeReport(services.openai, batch.batchId))
}
