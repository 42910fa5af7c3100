// The example of OpenAI Agents, run against a real collector.
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

const SCRIPT = [
  { tools: [{ name: 'transfer_to_support', arguments: {} }] },
  { status: 500 },
  { tools: [{ name: 'refund', arguments: { orderId: 'A-17' } }] },
  { text: 'A-17 is refunded.' },
]

it('agents show their handoff, the hidden retry, and the approval in one run', { timeout: 180_000 }, async () => {
  // where NODE_ENV is test, as in this process, the framework switches its traces off
  await fetch(`${fake.url}/script`, { method: 'PUT', body: JSON.stringify(SCRIPT) })
  expect(await collector.run('openai-agents', { MODEL_URL: fake.url, NODE_ENV: 'development' })).toMatchObject({
    code: 0,
    out: 'A-17 is refunded.\n',
  })
  const runs = await collector.runsOf('openai-agents')
  expect(runs).toMatchObject([{ pipeline: 'refund-desk', outcome: 'success', recovered: true, failures: [{ recovered: true }] }])
  const [run] = runs
  expect(run?.steps.map(({ name }) => name)).toEqual(['triage', 'support'])
  expect(run?.handoffs).toContainEqual(expect.objectContaining({ from: 'triage', to: 'support', status: 'delivered' }))
  expect(run?.handoffs.find(({ from }) => from === 'triage')?.payloadBytes).toBeGreaterThan(0)
  const calls = run?.calls.map(({ type, name, outcome }) => `${type} ${name} ${outcome}`)
  expect(calls).toEqual(expect.arrayContaining(['human refund success', 'tool refund success']))
  const models = run?.calls.filter(({ type }) => type === 'model') ?? []
  expect(models.map(({ model, attempts }) => [model, attempts.length])).toEqual([
    ['gpt-5', 1],
    ['gpt-5', 2],
    ['gpt-5', 1],
  ])
  expect(run?.inputTokens).toBe(300)
})
