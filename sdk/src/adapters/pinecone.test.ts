// What Pinecone's real client tells of its index, against a server that speaks the protocol of its data plane.
import { type Index, Pinecone } from '@pinecone-database/pinecone'
import { GEN_AI, OTEL, SEAMTRACE } from '@seamtrace/schema'
import { afterEach, beforeEach, expect, expectTypeOf, it } from 'vitest'
import { type PineconeTrouble, servePinecone } from '../../../examples/src/fakes/pinecone.ts'
import { type Recorder, recordSpans, statusOf } from '../../test/spans.ts'
import { telemetryErrors } from '../safe.ts'
import { instrumentPinecone } from './pinecone.ts'

let spans: Recorder
let close = async (): Promise<void> => {}
let errorsBefore = 0
beforeEach(() => {
  spans = recordSpans()
  errorsBefore = telemetryErrors()
})
afterEach(async () => {
  expect(telemetryErrors()).toBe(errorsBefore)
  await close()
  await spans.stop()
})

const FOUND = [
  { id: 'policy-1', score: 0.91 },
  { id: 'policy-2', score: 0.85 },
  { id: 'policy-3', score: 0.4 },
]

const indexOf = async (found = FOUND, trouble: PineconeTrouble[] = []): Promise<Index> => {
  const pinecone = await servePinecone(found, trouble)
  close = pinecone.close
  return instrumentPinecone(new Pinecone({ apiKey: 'none', maxRetries: 2 }).index({ name: 'handbook', host: pinecone.url }))
}

it('a query tells how many were asked for and found, the scores, and where, and its result stays as it is', async () => {
  const index = await indexOf()
  const { matches } = await index.namespace('rules').query({ topK: 2, vector: [0.1, 0.2, 0.3] })
  expect(matches.map(({ id }) => id)).toEqual(['policy-1', 'policy-2'])
  expectTypeOf(index).toEqualTypeOf<Index>()
  const { attributes } = await spans.one('query handbook')
  expect(attributes).toMatchObject({
    [GEN_AI.dataSourceId]: 'handbook',
    [SEAMTRACE.retrievalNamespace]: 'rules',
    [SEAMTRACE.retrievalTopK]: 2,
    [SEAMTRACE.retrievalDimension]: 3,
    [SEAMTRACE.retrievalMatches]: 2,
    [SEAMTRACE.retrievalBestScore]: 0.91,
    [SEAMTRACE.retrievalWorstScore]: 0.85,
    [SEAMTRACE.toolResultStatus]: 'ok',
  })
  expect(Object.keys(attributes)).not.toEqual(expect.arrayContaining([SEAMTRACE.retrievalIds]))
})

it('ids, the question and the matches are told with content on, the vector never', async () => {
  await spans.stop()
  spans = recordSpans({ content: 'full' })
  const index = await indexOf()
  await index.query({ topK: 1, vector: [0.125, 0.25] })
  await index.searchRecords({ query: { topK: 3, inputs: { text: 'refunds after 30 days' } } })
  const asked = (await spans.one('query handbook')).attributes
  expect([asked[SEAMTRACE.retrievalIds], asked[SEAMTRACE.input]]).toEqual([['policy-1'], '{"topK":1}'])
  const searched = (await spans.one('searchRecords handbook')).attributes
  expect(searched[SEAMTRACE.input]).toContain('refunds after 30 days')
  expect(searched[SEAMTRACE.retrievalIds]).toEqual(['policy-1', 'policy-2', 'policy-3'])
  expect([searched[SEAMTRACE.retrievalTopK], searched[SEAMTRACE.retrievalWorstScore]]).toEqual([3, 0.4])
})

it('nothing found is visible, though nothing failed', async () => {
  const index = await indexOf([])
  await index.query({ topK: 3, vector: [0.1] })
  await index.fetch({ ids: ['policy-9'] })
  const [asked, fetched] = [await spans.one('query handbook'), await spans.one('fetch handbook')]
  expect([asked, fetched].map((span) => [span.attributes[SEAMTRACE.toolResultStatus], statusOf(span)])).toEqual([
    ['empty', 'UNSET'],
    ['empty', 'UNSET'],
  ])
})

it('counts the requests that the client repeats', async () => {
  const index = await indexOf(FOUND, [{ status: 503 }, { status: 500 }])
  await index.query({ topK: 3, vector: [0.1] })
  const { attributes, events } = await spans.one('query handbook')
  expect(attributes[OTEL.resendCount]).toBe(2)
  expect(attributes).not.toHaveProperty(OTEL.httpStatus)
  expect(events.map((event) => event.attributes?.[OTEL.httpStatus])).toEqual([503, 500])
})

it.each([
  [[{ status: 401, message: 'invalid key' }], 401],
  [[{ status: 429, message: 'quota' }], 429],
  [[{ status: 503 }, { status: 503 }, { status: 503 }], 503],
])('a refusal fails with its status, which the error of the client does not carry', async (trouble, status) => {
  const index = await indexOf(FOUND, trouble)
  await expect(index.query({ topK: 3, vector: [0.1] })).rejects.toThrow()
  const span = await spans.one('query handbook')
  expect([statusOf(span), span.attributes[OTEL.httpStatus]]).toEqual(['ERROR', status])
})

it('a write is a tool with a side effect', async () => {
  const index = await indexOf()
  await index.upsert({ records: [{ id: 'policy-4', values: [0.1, 0.2] }] })
  const { attributes } = await spans.one('upsert handbook')
  expect([attributes[SEAMTRACE.spanKind], attributes[SEAMTRACE.toolSideEffect]]).toEqual(['tool', true])
})

it('a client that is instrumented opens indexes that tell', async () => {
  const pinecone = await servePinecone(FOUND)
  close = pinecone.close
  const client = instrumentPinecone(new Pinecone({ apiKey: 'none' }))
  await client.index({ host: pinecone.url, name: 'handbook' }).query({ topK: 1, vector: [0.1] })
  expect((await spans.one('query handbook')).attributes[SEAMTRACE.retrievalMatches]).toBe(1)
})
