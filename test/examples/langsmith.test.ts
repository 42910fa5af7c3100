// The example of LangSmith, run against a real collector and a server that takes feedback as LangSmith's does.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Request, serve } from '../../examples/src/fakes/http-server.ts'
import { type ExampleCollector, startExampleCollector } from './example.fixture.ts'

let collector: ExampleCollector
beforeAll(async () => {
  collector = await startExampleCollector()
}, 180_000)
afterAll(() => collector?.stop())

it('feedback that says no makes the run a failure, charged to the step that it names', { timeout: 180_000 }, async () => {
  const asked: Request[] = []
  const langsmith = await serve(async (request) => {
    asked.push(request)
    return { body: {} }
  })
  const ran = await collector.run('langsmith', { LANGSMITH_URL: langsmith.url })
  await langsmith.close()
  expect(ran).toMatchObject({ code: 0, out: 'judged correct 0.2\n', err: '' })
  expect(asked).toMatchObject([{ method: 'POST', path: '/feedback', body: { key: 'correct', score: 0.2 } }])
  const [run] = await collector.runsOf('langsmith')
  await expect.poll(async () => (await collector.detailOf(run?.runId ?? '')).outcome, { timeout: 60_000, interval: 200 }).toBe('failure')
  const judged = await collector.detailOf(run?.runId ?? '')
  expect(judged).toMatchObject({ pipeline: 'support-answers', attributedTo: { seam: 'start→answer', kind: 'rejected_by_check' } })
})
