// A fake ledger: takes postings, tells the total of a batch, and closes the month by comparing.
import type { FailureKind } from '@seamtrace/schema'
import { type Injector, subjectIn } from '../faults/injector.ts'
import { type FakeServer, type Reply, serve } from './http-server.ts'
import type { Pace } from './pace.ts'

type Posting = { reference: string; amountCents: number; balanceCents?: number; idempotencyKey?: string }

export const serveLedger = (injector: Injector, pace: Pace): Promise<FakeServer> => {
  const batches = new Map<string, Posting[]>()
  return serve(async ({ method, path, body }) => {
    await pace.wait(90)
    const batchId = subjectIn(path)
    const postings = batches.get(batchId) ?? []
    if (method === 'POST') {
      batches.set(batchId, postings)
      return post(batchId, postings, body as Posting, injector)
    }
    return {
      body: {
        batchId,
        count: postings.length,
        totalCents: postings.reduce((sum, { amountCents }) => sum + amountCents, 0),
        balanceCents: postings.at(-1)?.balanceCents ?? null,
      },
    }
  })
}

const post = (batchId: string, postings: Posting[], posting: Posting, injector: Injector): Reply => {
  const strikes = (kind: FailureKind) => injector.of(batchId)?.line === 'billing-v2' && injector.strikes(batchId, kind)
  if (strikes('tool_error'))
    return { status: 500, body: { error: 'internal', message: 'ledger: deadlock detected, transaction rolled back' } }
  const known = posting.idempotencyKey !== undefined && postings.some(({ idempotencyKey }) => idempotencyKey === posting.idempotencyKey)
  // A rounding error of the ledger's own conversion: what the check of the totals is there to find.
  const off = strikes('rejected_by_check') ? 3 : 0
  if (!known) postings.push({ ...posting, amountCents: posting.amountCents - off })
  return { status: 201, body: { reference: posting.reference, posted: !known } }
}
