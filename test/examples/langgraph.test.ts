// The example of LangGraph.js, run against a real collector.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FakeServer } from '../../examples/src/fakes/http-server.ts'
import { serveOpenAIChat } from '../../examples/src/fakes/openai-chat.ts'
import { type ExampleCollector, startExampleCollector } from './example.fixture.ts'

let collector: ExampleCollector
let model: FakeServer
beforeAll(async () => {
  model = await serveOpenAIChat()
  collector = await startExampleCollector()
}, 180_000)
afterAll(async () => {
  await collector?.stop()
  await model?.close()
})

it('a graph shows its steps, tries, handoff, model and checkpoints, and is one run before and after the pause', {
  timeout: 180_000,
}, async () => {
  expect(await collector.run('langgraph', { MODEL_URL: model.url })).toMatchObject({ code: 0, out: 'refunded 40\n', err: '' })
  const [run, ...more] = await collector.runsOf('langgraph')
  expect(more).toEqual([])
  expect(run).toMatchObject({ pipeline: 'refund-desk', version: '1.0.0', sessionId: 'ticket-7', outcome: 'success', recovered: true })
  expect(new Set(run?.steps.map(({ name }) => name))).toEqual(new Set(['look up', 'decide', 'approve', 'pay']))
  expect(run?.steps[0]?.operations[0]?.attempts.map(({ outcome, errorType }) => [outcome, errorType])).toEqual([
    ['failure', '503'],
    ['success', ''],
  ])
  expect(run?.handoffs).toContainEqual(
    expect.objectContaining({ from: 'decide', to: 'approve', status: 'delivered', rule: 'link', inferred: false }),
  )
  expect(run?.traceIds).toHaveLength(2)
  const models = run?.calls.filter(({ type }) => type === 'model')
  expect(models).toMatchObject([{ step: 'decide', model: 'gpt-4.1-mini-2025-04-14', inputTokens: 250, outputTokens: 12 }])
  const spans = await collector.spansOf(run?.runId ?? '')
  const restores = spans.filter(({ name }) => name === 'state restore MemorySaver')
  expect(restores.length).toBeGreaterThanOrEqual(2)
  expect(spans.some(({ name }) => name === 'state checkpoint MemorySaver')).toBe(true)
  // neither the first look of the new thread nor anything else was lost
  expect(run?.failures.map(({ step, recovered }) => [step, recovered])).toEqual([['look up', true]])
})
