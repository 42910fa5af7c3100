// The example of Pinecone, run against a real collector and a fake of Pinecone's data plane.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { servePinecone } from '../../examples/src/fakes/pinecone.ts'
import { type ExampleCollector, startExampleCollector } from './example.fixture.ts'

let collector: ExampleCollector
beforeAll(async () => {
  collector = await startExampleCollector()
}, 180_000)
afterAll(() => collector?.stop())

it('a query shows as a retrieval, with the try that the client hides', { timeout: 180_000 }, async () => {
  const found = [0.91, 0.85, 0.4, 0.1].map((score, at) => ({ id: `policy-${at}`, score }))
  const pinecone = await servePinecone(found, [{ status: 503 }])
  const ran = await collector.run('pinecone', { PINECONE_HOST: pinecone.url })
  await pinecone.close()
  expect(ran).toMatchObject({ code: 0, out: 'an answer out of 3 passages\n' })
  const [run] = await collector.runsOf('pinecone')
  expect(run).toMatchObject({ pipeline: 'research-brief', outcome: 'success', recovered: true })
  expect(run?.steps.map(({ name, layer }) => [name, layer])).toEqual([
    ['retrieve', 'context'],
    ['synthesize', 'execution'],
  ])
  expect(run?.calls.map(({ type, name, attempts }) => [type, name, attempts.length])).toEqual([['retrieval', 'handbook', 2]])
  expect(run?.handoffs).toContainEqual(
    expect.objectContaining({ from: 'retrieve', to: 'synthesize', status: 'delivered', missingKeys: [] }),
  )
})
