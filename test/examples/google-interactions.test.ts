// The example of Google's interactions, run against a real collector and a fake of Google's API.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serveGoogle } from '../../examples/src/fakes/google.ts'
import { type ExampleCollector, startExampleCollector } from './example.fixture.ts'

let collector: ExampleCollector
beforeAll(async () => {
  collector = await startExampleCollector()
}, 180_000)
afterAll(() => collector?.stop())

it('work in the background is one call an inference, with its attempts, its function and the seam after it', {
  timeout: 180_000,
}, async () => {
  const asks = { tools: [{ name: 'register_api', arguments: { topic: 'packaging' } }] }
  const google = await serveGoogle([{ status: 503 }, asks, { text: 'Two amendments.' }])
  const ran = await collector.run('google-interactions', { MODEL_URL: google.url })
  await google.close()
  expect(ran).toMatchObject({ code: 0, out: 'Two amendments.\n' })
  const [run] = await collector.runsOf('google-interactions')
  expect(run).toMatchObject({ pipeline: 'regulation-watch', version: '1.0.0', outcome: 'success', recovered: true })
  expect(run?.steps.map(({ name, agent }) => [name, agent])).toEqual([
    ['monitor', 'antigravity'],
    ['publish', ''],
  ])
  expect(run?.calls.map(({ type, name, attempts }) => [type, name, attempts.length])).toEqual([
    ['model', 'antigravity-preview-05-2026', 2],
    ['tool', 'register_api', 1],
    ['model', 'antigravity-preview-05-2026', 1],
  ])
  expect([run?.inputTokens, run?.outputTokens, run?.reasoningTokens, run?.cachedInputTokens]).toEqual([210, 100, 60, 80])
  expect(run?.handoffs).toContainEqual(expect.objectContaining({ from: 'monitor', to: 'publish', status: 'delivered' }))
})
