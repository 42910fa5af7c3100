// The example of the Vercel AI SDK, run against a real collector.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FakeServer } from '../../examples/src/fakes/http-server.ts'
import { serveModelVendors } from '../emitters/fakes/model-vendors.ts'
import { type ExampleCollector, startExampleCollector } from './example.fixture.ts'

let collector: ExampleCollector
let fake: FakeServer
beforeAll(async () => {
  fake = await serveModelVendors()
  collector = await startExampleCollector()
}, 180_000)
afterAll(async () => {
  await collector?.stop()
  await fake?.close()
})

const asks = (orderId: string) => ({ tools: [{ name: 'getOrder', arguments: { orderId } }] })

it('the agent shows every try of its model and the error of its tool', { timeout: 180_000 }, async () => {
  const script = [{ status: 429 }, asks('17'), asks('A-17'), { text: 'It is on its way.' }]
  await fetch(`${fake.url}/script`, { method: 'PUT', body: JSON.stringify(script) })
  expect(await collector.run('ai-sdk', { MODEL_URL: fake.url })).toMatchObject({ code: 0, out: 'It is on its way.\n' })
  const [run] = await collector.runsOf('ai-sdk')
  expect(run).toMatchObject({ pipeline: 'support', outcome: 'success', recovered: true, inputTokens: 300, outputTokens: 60 })
  expect(run?.steps.map(({ name }) => name)).toEqual(['support'])
  const models = run?.calls.filter(({ type }) => type === 'model') ?? []
  expect(models.map(({ model, attempts }) => [model, attempts.length])).toEqual([
    ['gpt-4.1-mini', 2],
    ['gpt-4.1-mini', 1],
    ['gpt-4.1-mini', 1],
  ])
  expect(models[0]?.attempts.map(({ outcome, errorType }) => [outcome, errorType])).toEqual([
    ['failure', '429'],
    ['success', ''],
  ])
  expect(run?.calls.filter(({ type }) => type === 'tool').map(({ outcome }) => outcome)).toEqual(['failure', 'success'])
})
