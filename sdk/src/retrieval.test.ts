// Any vector store as a retrieval: what was found, how well it fits, and that the caller gets what the store returned.
import { FakeRetriever } from '@langchain/core/utils/testing'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema'
import { afterEach, beforeEach, expect, expectTypeOf, it } from 'vitest'
import { type Recorder, recordSpans, statusOf } from '../test/spans.ts'
import { instrumentRetriever, retrieval } from './retrieval.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

const told = async (name = 'retrieval handbook') => (await spans.one(name)).attributes

it('asks the options where documents and scores are', async () => {
  type Found = { data: { passage: string; distance: number }[] }
  const store = { find: (_query: string): Promise<Found> => Promise.resolve({ data: [{ passage: 'a', distance: 0.2 }] }) }
  const found = await retrieval(
    'handbook',
    {
      input: { query: 'refunds' },
      topK: 5,
      namespace: 'rules',
      documents: ({ data }: Found) => data,
      score: (document) => 1 - (document as Found['data'][number]).distance,
    },
    ({ query }) => store.find(query),
  )
  expectTypeOf(found).toEqualTypeOf<Found>()
  expect(await told()).toMatchObject({
    [GEN_AI.dataSourceId]: 'handbook',
    [SEAMTRACE.retrievalTopK]: 5,
    [SEAMTRACE.retrievalNamespace]: 'rules',
    [SEAMTRACE.retrievalMatches]: 1,
    [SEAMTRACE.retrievalBestScore]: 0.8,
  })
})

it.each([
  ['a list', [{ score: 0.9 }, { score: 0.5 }], 2, 0.9, 0.5],
  [
    'pairs of document and score',
    [
      [{}, 0.9],
      [{}, 0.7],
    ],
    2,
    0.9,
    0.7,
  ],
  ['distances, the nearest first', { matches: [{ score: 0.1 }, { score: 0.4 }] }, 2, 0.1, 0.4],
  ['documents without scores', { documents: ['a', 'b', 'c'] }, 3, undefined, undefined],
  ['what is wrapped once more', { result: { hits: [{ _score: 0.3 }] } }, 1, 0.3, 0.3],
])('finds documents in %s', async (_what, result, matches, best, worst) => {
  expect(retrieval('handbook', () => result)).toBe(result)
  const attributes = await told()
  expect([attributes[SEAMTRACE.retrievalMatches], attributes[SEAMTRACE.toolResultStatus]]).toEqual([matches, 'ok'])
  expect([attributes[SEAMTRACE.retrievalBestScore], attributes[SEAMTRACE.retrievalWorstScore]]).toEqual([best, worst])
})

it('nothing found is empty, and what is no list is just ok', async () => {
  retrieval('nothing', { documents: () => [] }, () => 'x')
  retrieval('something', () => 'text')
  expect((await told('retrieval nothing'))[SEAMTRACE.toolResultStatus]).toBe('empty')
  const attributes = await told('retrieval something')
  expect(attributes[SEAMTRACE.toolResultStatus]).toBe('ok')
  expect(attributes).not.toHaveProperty(SEAMTRACE.retrievalMatches)
})

it('a callback that throws does not reach the program', async () => {
  const documents = (): never => {
    throw new Error('wrong')
  }
  expect(retrieval('handbook', { documents }, () => 7)).toBe(7)
  expect(statusOf(await spans.one('retrieval handbook'))).toBe('UNSET')
})

it("a retriever of LangChain's tells of each call, and stays one", async () => {
  const retriever = instrumentRetriever('handbook', new FakeRetriever())
  expectTypeOf(retriever).toEqualTypeOf<FakeRetriever>()
  expect(await retriever.invoke('refunds')).toHaveLength(2)
  expect((await told())[SEAMTRACE.retrievalMatches]).toBe(2)
})

it('an object with retrieve() does too', async () => {
  const retriever = instrumentRetriever('handbook', { k: 4, retrieve: async (_query: string) => [] as string[] })
  await retriever.retrieve('refunds')
  const attributes = await told()
  expect([attributes[SEAMTRACE.retrievalTopK], attributes[SEAMTRACE.toolResultStatus]]).toEqual([4, 'empty'])
})
