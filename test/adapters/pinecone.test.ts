// Pipelines on Pinecone's client, as Seamtrace tells of them.
import { type Index, Pinecone } from '@pinecone-database/pinecone'
import { pipeline, step } from '@seamtrace/sdk'
import { instrumentPinecone } from '@seamtrace/sdk/pinecone'
import { afterEach, expect, it } from 'vitest'
import { type PineconeTrouble, servePinecone } from '../../examples/src/fakes/pinecone.ts'
import { callsOf, runOf } from './analyzed.fixture.ts'

let close = async (): Promise<void> => {}
afterEach(() => close())

const indexOf = async (count: number, trouble: PineconeTrouble[] = []): Promise<Index> => {
  const found = Array.from({ length: count }, (_, at) => ({ id: `policy-${at}`, score: 0.9 - at / 10 }))
  const pinecone = await servePinecone(found, trouble)
  close = pinecone.close
  return instrumentPinecone(new Pinecone({ apiKey: 'none', maxRetries: 2 }).index({ name: 'handbook', host: pinecone.url }))
}

const brief = (index: Index): Promise<unknown> =>
  pipeline('research-brief', async () => {
    await step('retrieve', async () => {
      const { matches } = await index.query({ topK: 3, vector: [0.1, 0.2] })
      if (matches.length === 0) throw new Error('nothing to go on')
      return matches
    })
    await step('synthesize', async () => 'a brief')
  })

it('tries that the client hides are attempts of one retrieval', async () => {
  const index = await indexOf(3, [{ status: 503 }])
  const run = await runOf(() => brief(index))
  expect([run.outcome, run.recovered, callsOf(run)]).toEqual(['success', true, ['retrieval handbook success ×2']])
})

it('nothing found is the cause of a run that fails for it', async () => {
  const index = await indexOf(0)
  const run = await runOf(() => brief(index))
  expect([run.attributedTo?.seam, run.attributedTo?.layer, run.attributedTo?.kind]).toEqual(['retrieve→handbook', 'context', 'tool_empty'])
})

it.each([
  [[{ status: 401 }], 'tool_auth'],
  [[{ status: 429 }], 'tool_rate_limited'],
  [[{ status: 503 }, { status: 503 }, { status: 503 }], 'tool_unavailable'],
])('a refusal is told by its status: %j is %s', async (trouble, kind) => {
  const index = await indexOf(3, trouble)
  const run = await runOf(() => brief(index))
  expect([run.outcome, run.attributedTo?.seam, run.attributedTo?.kind]).toEqual(['failure', 'retrieve→handbook', kind])
})
