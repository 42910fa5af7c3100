// The example of plain code, run against a real collector.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ExampleCollector, startExampleCollector } from './example.fixture.ts'

let collector: ExampleCollector
beforeAll(async () => {
  collector = await startExampleCollector()
}, 180_000)
afterAll(() => collector?.stop())

it('plain code shows its steps, the seam, the failed try and the check', { timeout: 180_000 }, async () => {
  expect(await collector.run('plain')).toMatchObject({ code: 0, out: 'refunded 40\n', err: '' })
  const [run] = await collector.runsOf('plain')
  expect(run).toMatchObject({ pipeline: 'refund-desk', version: '1.0.0', sessionId: 'ticket-7', outcome: 'success', recovered: true })
  expect(run?.steps.map(({ name }) => name)).toEqual(['look up', 'refund'])
  expect(run?.handoffs.filter(({ kind }) => kind === 'handoff')).toContainEqual(
    expect.objectContaining({ from: 'look up', to: 'refund', status: 'delivered', rule: 'receipt', inferred: false, missingKeys: [] }),
  )
  const order = run?.calls.find(({ name }) => name === 'get_order' || name === 'find order')
  expect(order).toMatchObject({ outcome: 'success', recovered: true })
  expect(order?.attempts.map(({ outcome, errorType }) => [outcome, errorType])).toEqual([
    ['failure', '503'],
    ['success', ''],
  ])
  expect(run?.calls.map(({ type, name }) => [type, name])).toContainEqual(['check', 'amount is right'])
})
