// What both versions of billing-reconciliation share: the words, the model calls, the ledger and the audit at the end.
import { check } from '@seamtrace/sdk'
import type OpenAI from 'openai'
import { askModel } from './ask-model.ts'
import { getJson } from './http.ts'
import type { Queue } from './queue-handoff.ts'

export type VersionedStore = {
  put(key: string, value: unknown): Promise<{ version: number }>
  get(key: string): Promise<{ value: unknown; version: number } | null>
}

export type BillingServices = {
  openai: OpenAI
  ledgerUrl: string
  queue: Queue
  store: VersionedStore
  backoffMs: number
  queueTimeoutMs: number
}

export type Batch = { runId: string; batchId: string }
export type Invoice = { invoiceId: string; amountCents: number }
export type Extracted = { customerId: string; invoices: Invoice[] }
export type Books = { totalCents: number; balanceCents: number | null }

export const readInvoices = (openai: OpenAI, batchId: string): Promise<Extracted> =>
  askModel(openai, { model: 'gpt-4.1', schema: 'invoices', system: 'Read the invoices of this batch.', input: { batch: batchId } })

export const writeReport = (openai: OpenAI, batchId: string): Promise<{ text: string }> =>
  askModel(openai, { model: 'gpt-4.1-mini', schema: 'closing_report', system: 'Write the closing report.', input: { batch: batchId } })

export const booksOf = ({ ledgerUrl }: BillingServices, batchId: string): Promise<Books> => getJson(`${ledgerUrl}/batches/${batchId}`)

export const totalOf = (invoices: readonly Invoice[]): number => invoices.reduce((sum, { amountCents }) => sum + amountCents, 0)

/** Compares the ledger with the bank statement: what the accountants do at the end of the month. */
export const audit = async (services: BillingServices, batchId: string, invoices: readonly Invoice[]): Promise<void> => {
  const books = await booksOf(services, batchId)
  const expected = totalOf(invoices)
  check('month_end_audit', { of: 'result' }, () => {
    if (books.totalCents !== expected)
      return { pass: false, score: 0, reason: `ledger shows ${books.totalCents}, bank statement ${expected}` }
    if (books.balanceCents !== expected)
      return { pass: false, score: 0, reason: `closing balance ${books.balanceCents} instead of ${expected}` }
    return { pass: true, score: 1, reason: 'books and bank agree' }
  })
}
