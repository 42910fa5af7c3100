import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInjector } from '../faults/injector.ts'
import { DEFAULT_RUNS, planRuns } from '../faults/plan.ts'
import type { FakeServer } from './http-server.ts'
import { serveModel } from './model-server.ts'
import { createPace } from './pace.ts'

const injector = createInjector()
const plan = planRuns({ runs: DEFAULT_RUNS, seed: 3, hours: 48, faults: true, nowMs: Date.now() })
let server: FakeServer
let openai: OpenAI

beforeAll(async () => {
  server = await serveModel(injector, createPace(1000))
  openai = new OpenAI({ apiKey: 'test', baseURL: `${server.url}/v1`, maxRetries: 0 })
  for (const run of plan) injector.add(run)
})
afterAll(() => server.close())

const ask = (schema: string, question: object) =>
  openai.chat.completions.create({
    model: 'gpt-4.1-mini',
    messages: [{ role: 'user', content: JSON.stringify(question) }],
    response_format: { type: 'json_schema', json_schema: { name: schema, schema: { type: 'object' } } },
  })

const subjectWith = (line: string, kind: string | null) =>
  plan.find((run) => run.line === line && run.fault === kind && !run.rescued)?.subject

describe('the fake model, seen by the real client', () => {
  it('answers with an id, a dated model, usage with cached tokens and a request id', async () => {
    const completion = await ask('ticket_class', { order: subjectWith('support-refund', null) })
    expect(completion.id).toMatch(/^chatcmpl-/)
    expect(completion.model).toBe('gpt-4.1-mini-2025-04-14')
    expect(completion._request_id).toMatch(/^req_/)
    expect(completion.choices[0]?.finish_reason).toBe('stop')
    const usage = completion.usage
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0))
    expect(usage?.prompt_tokens_details?.cached_tokens).toBeTypeOf('number')
  })

  it('fails with the errors that the client has classes for', async () => {
    await expect(ask('ticket_class', { order: subjectWith('support-refund', 'provider_error') })).rejects.toBeInstanceOf(
      OpenAI.InternalServerError,
    )
    await expect(ask('refund_decision', { order: subjectWith('support-refund', 'rate_limited'), amount: 1 })).rejects.toBeInstanceOf(
      OpenAI.RateLimitError,
    )
    await expect(ask('brief', { question: subjectWith('research-brief', 'context_overflow'), draft: 1 })).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    })
  })

  it('refuses, filters and answers nothing as the vendor does', async () => {
    const refused = await ask('triage', { case: subjectWith('intake-triage', 'refusal') })
    expect(refused.choices[0]?.message).toMatchObject({ content: null, refusal: expect.stringContaining('sorry') })
    const filtered = await ask('reply', { order: subjectWith('support-refund', 'content_filter') })
    expect(filtered.choices[0]?.finish_reason).toBe('content_filter')
    const empty = await ask('brief', { question: subjectWith('research-brief', 'empty_output'), draft: 1 })
    expect(empty.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '' } })
  })
})
