// The example of MCP, client and server of version 2, run against a real collector.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ExampleCollector, startExampleCollector } from './example.fixture.ts'

let collector: ExampleCollector
beforeAll(async () => {
  collector = await startExampleCollector()
}, 180_000)
afterAll(() => collector?.stop())

it('a call is one call, though both sides tell of it, and a question to a person is no error', { timeout: 180_000 }, async () => {
  expect(await collector.run('mcp')).toMatchObject({ code: 0, out: 'refunded\n' })
  const [run] = await collector.runsOf('mcp')
  expect(run).toMatchObject({ pipeline: 'support-refund', outcome: 'success', recovered: false, failures: [] })
  expect(run?.steps.map(({ name }) => name)).toEqual(['look up', 'refund'])
  const calls = run?.calls.map(({ type, name, outcome }) => [type, name, outcome])
  expect(calls).toContainEqual(['tool', 'get_order', 'success'])
  expect(calls).toContainEqual(['human', 'elicitation', 'success'])
  expect(run?.handoffs).toContainEqual(expect.objectContaining({ from: 'look up', to: 'refund', status: 'delivered' }))
})
