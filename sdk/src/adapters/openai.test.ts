import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../../test/spans.ts'
import { step } from '../step.ts'
import { instrumentOpenAI } from './openai.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

let spans: Recorder
let server: Server
let answers: Answer[]
let requests = 0
beforeEach(async () => {
  spans = recordSpans()
  answers = []
  requests = 0
  server = createServer((request, response) => {
    requests += 1
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    request.resume().on('end', () => answer?.(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await spans.stop()
})

const json =
  (status: number, body: unknown): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' }).end(JSON.stringify(body))
  }
const events =
  (list: unknown[]): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of list) response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
    response.end()
  }

const connect = (options: { timeout?: number; maxRetries?: number } = {}): OpenAI => {
  const { port } = server.address() as AddressInfo
  return instrumentOpenAI(new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, ...options }))
}

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-5-2026',
  created: 1,
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'the secret answer', refusal: null } }],
  usage: {
    prompt_tokens: 10,
    completion_tokens: 7,
    total_tokens: 17,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 3 },
  },
}
const answer = {
  id: 'resp_1',
  object: 'response',
  model: 'gpt-5-2026',
  status: 'completed',
  conversation: { id: 'conv_1' },
  output: [
    {
      type: 'message',
      id: 'm',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'hello', annotations: [] }],
    },
  ],
  usage: {
    input_tokens: 20,
    output_tokens: 9,
    total_tokens: 29,
    input_tokens_details: { cached_tokens: 8 },
    output_tokens_details: { reasoning_tokens: 5 },
  },
}
const ask = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'secret question' }] }

describe('chat completions', () => {
  it('are client spans with tokens, finish reasons and ids, below the step', async () => {
    answers = [json(200, completion)]
    const openai = connect()
    const reply = await step('write', {}, () => openai.chat.completions.create(ask))
    expect(reply.choices[0]?.message.content).toBe('the secret answer')
    const span = await spans.one('chat gpt-5')
    expect(isChildOf(span, await spans.one('step write'))).toBe(true)
    expect(span.kind).toBe(2)
    expect(span.attributes).toEqual({
      'seamtrace.span.kind': 'model',
      'seamtrace.step.name': 'write',
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.response.model': 'gpt-5-2026',
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 7,
      'gen_ai.usage.cache_read.input_tokens': 4,
      'gen_ai.usage.reasoning.output_tokens': 3,
      'seamtrace.call.input.digest': expect.stringMatching(/^[0-9a-f]{16}$/),
      'seamtrace.call.output.size': 17,
    })
  })

  it('tell a refusal and an empty answer, which are no errors to the client', async () => {
    const answering = (message: object) => json(200, { ...completion, choices: [{ index: 0, finish_reason: 'stop', message }] })
    answers = [answering({ role: 'assistant', content: null, refusal: 'I cannot help' }), answering({ role: 'assistant', content: '' })]
    const openai = connect()
    await openai.chat.completions.create(ask)
    await openai.chat.completions.create(ask)
    const [refused, empty] = await spans.named('chat gpt-5')
    expect(refused?.attributes['seamtrace.model.refused']).toBe(true)
    expect(empty?.attributes).toMatchObject({ 'seamtrace.call.output.size': 0 })
    expect(empty?.attributes).not.toHaveProperty('seamtrace.model.refused')
  })

  it('have the digest of what is asked: the same for the same, another for another model or question', async () => {
    answers = [json(200, completion)]
    const openai = connect()
    const other = [{ role: 'user' as const, content: 'another question' }]
    for (const body of [ask, { ...ask, stream: false as const, messages: structuredClone(ask.messages) }, { ...ask, messages: other }])
      await openai.chat.completions.create(body)
    await openai.chat.completions.create({ ...ask, model: 'gpt-5-mini' })
    const digests = [...(await spans.named('chat gpt-5')), await spans.one('chat gpt-5-mini')].map(
      (span) => span.attributes['seamtrace.call.input.digest'],
    )
    expect(digests[0]).toMatch(/^[0-9a-f]{16}$/)
    expect(digests[1]).toBe(digests[0])
    expect(new Set(digests).size).toBe(3)
  })

  it('count the retries that the client hides', async () => {
    answers = [json(500, { error: { message: 'down' } }), json(503, {}), json(200, completion)]
    await connect().chat.completions.create(ask)
    const span = await spans.one('chat gpt-5')
    expect([span.attributes['http.request.resend_count'], statusOf(span), requests]).toEqual([2, 'UNSET', 3])
  })

  it('fail with code and status when the retries are exhausted, and the error is the one of the client', async () => {
    answers = [json(429, { error: { message: 'slow down', code: 'rate_limit_exceeded' } })]
    await expect(connect({ maxRetries: 2 }).chat.completions.create(ask)).rejects.toBeInstanceOf(OpenAI.RateLimitError)
    const span = await spans.one('chat gpt-5')
    expect(span.attributes).toMatchObject({
      'error.type': 'rate_limit_exceeded',
      'http.response.status_code': 429,
      'http.request.resend_count': 2,
    })
    expect([statusOf(span), span.events.find(({ name }) => name === 'exception')?.attributes?.['exception.type']]).toEqual([
      'ERROR',
      'RateLimitError',
    ])
  })

  it('that time out are named so', async () => {
    answers = [() => {}]
    await expect(connect({ timeout: 30, maxRetries: 0 }).chat.completions.create(ask)).rejects.toBeInstanceOf(
      OpenAI.APIConnectionTimeoutError,
    )
    const span = await spans.one('chat gpt-5')
    expect([span.attributes['error.type'], statusOf(span), span.attributes['http.request.resend_count']]).toEqual([
      'APIConnectionTimeoutError',
      'ERROR',
      undefined,
    ])
  })

  it('that the caller aborts are cancelled', async () => {
    answers = [() => {}]
    const aborter = new AbortController()
    const sent = connect().chat.completions.create(ask, { signal: aborter.signal })
    setTimeout(() => aborter.abort(), 10)
    await expect(sent).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
    const span = await spans.one('chat gpt-5')
    expect([span.attributes['seamtrace.outcome'], statusOf(span)]).toEqual(['cancelled', 'UNSET'])
  })

  it('keep every way to read the reply: raw, with response, late, through the parse helper', async () => {
    answers = [json(200, completion)]
    const openai = connect()
    expect(await (await openai.chat.completions.create(ask).asResponse()).json()).toEqual(completion)
    expect((await openai.chat.completions.create(ask).withResponse()).data.id).toBe('chatcmpl-1')
    const late = openai.chat.completions.create(ask)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await late).id).toBe('chatcmpl-1')
    expect((await openai.chat.completions.parse(ask)).id).toBe('chatcmpl-1')
    const found = await spans.named('chat gpt-5')
    expect(found.map((span) => span.attributes['gen_ai.usage.input_tokens'])).toEqual([10, 10, 10, 10])
  })

  it('as a stream end with the stream and carry its usage', async () => {
    const chunk = (delta: object, finish: string | null) => ({
      id: 'chatcmpl-2',
      object: 'chat.completion.chunk',
      model: 'gpt-5-2026',
      choices: [{ index: 0, delta, finish_reason: finish }],
    })
    answers = [
      events([
        chunk({ content: 'he' }, null),
        chunk({ content: 'llo' }, 'stop'),
        { ...chunk({}, null), choices: [], usage: completion.usage },
        '[DONE]',
      ]),
    ]
    const stream = await connect().chat.completions.create({ ...ask, stream: true })
    expect(await spans.all()).toEqual([])
    let text = ''
    for await (const part of stream) text += part.choices[0]?.delta.content ?? ''
    expect(text).toBe('hello')
    const span = await spans.one('chat gpt-5')
    expect(span.attributes).toMatchObject({
      'gen_ai.response.id': 'chatcmpl-2',
      'gen_ai.usage.output_tokens': 7,
      'gen_ai.response.finish_reasons': ['stop'],
    })
    expect(JSON.stringify(span.attributes)).not.toContain('hello')
  })

  it('as a stream end when the reader stops or the stream breaks', async () => {
    answers = [
      events([
        { id: 'c', model: 'm', choices: [] },
        { id: 'c', model: 'm', choices: [] },
      ]),
      events([{ error: { message: 'overloaded', code: 'server_error' } }]),
    ]
    const openai = connect()
    for await (const _part of await openai.chat.completions.create({ ...ask, stream: true })) break
    const broken = await openai.chat.completions.create({ ...ask, stream: true })
    await expect(
      (async () => {
        for await (const _part of broken);
      })(),
    ).rejects.toThrow('overloaded')
    expect((await spans.named('chat gpt-5')).map((span) => [statusOf(span), span.attributes['error.type']])).toEqual([
      ['UNSET', undefined],
      ['ERROR', 'server_error'],
    ])
  })

  it('record content only when it was switched on', async () => {
    answers = [json(200, completion)]
    await connect().chat.completions.create(ask)
    expect(JSON.stringify((await spans.one('chat gpt-5')).attributes)).not.toContain('secret')
    await spans.stop()
    spans = recordSpans({ content: 'full' })
    await connect().chat.completions.create(ask)
    const { attributes } = await spans.one('chat gpt-5')
    expect(attributes['seamtrace.input']).toContain('secret question')
    expect(attributes['seamtrace.output']).toContain('the secret answer')
  })

  it('are left alone in a run that is not sampled', async () => {
    await spans.stop()
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off')
    spans = recordSpans()
    vi.unstubAllEnvs()
    answers = [json(200, completion)]
    const sent = connect().chat.completions.create(ask)
    expect(Object.hasOwn(sent, 'asResponse')).toBe(false)
    expect((await sent).id).toBe('chatcmpl-1')
  })

  it('are recorded once when a client is instrumented twice, and keep their types', async () => {
    answers = [json(200, completion)]
    const openai = connect()
    expect(instrumentOpenAI(openai)).toBe(openai)
    await openai.chat.completions.create(ask)
    await spans.one('chat gpt-5')
    expectTypeOf(instrumentOpenAI(openai)).toEqualTypeOf<OpenAI>()
  })
})

describe('responses', () => {
  it('are recorded like chats', async () => {
    answers = [json(200, answer)]
    const reply = await connect().responses.create({ model: 'gpt-5', input: 'hi' })
    expect(reply.output_text).toBe('hello')
    expect((await spans.one('chat gpt-5')).attributes).toMatchObject({
      'gen_ai.response.id': 'resp_1',
      'gen_ai.response.finish_reasons': ['completed'],
      'gen_ai.conversation.id': 'conv_1',
      'gen_ai.usage.input_tokens': 20,
      'gen_ai.usage.output_tokens': 9,
      'gen_ai.usage.cache_read.input_tokens': 8,
      'gen_ai.usage.reasoning.output_tokens': 5,
    })
  })

  it('have the digest of what is asked, unless the server holds a part of it', async () => {
    answers = [json(200, answer)]
    const openai = connect()
    const body = { model: 'gpt-5', input: 'go on' }
    for (const more of [
      {},
      {},
      { instructions: 'be short' },
      { previous_response_id: 'resp_0' },
      { previous_response_id: 'resp_1' },
      { conversation: 'conv_1' },
    ])
      await openai.responses.create({ ...body, ...more })
    const digests = (await spans.named('chat gpt-5')).map((span) => span.attributes['seamtrace.call.input.digest'])
    expect(digests[0]).toBe(digests[1])
    expect(new Set(digests.slice(1, 5)).size).toBe(4)
    expect(digests[5]).toBeUndefined()
  })

  it('that failed behind a 200 are errors', async () => {
    answers = [json(200, { ...answer, status: 'failed', error: { code: 'server_error', message: 'model broke' } })]
    await connect().responses.create({ model: 'gpt-5', input: 'hi' })
    const span = await spans.one('chat gpt-5')
    expect([statusOf(span), span.status.message, span.attributes['error.type']]).toEqual(['ERROR', 'model broke', 'server_error'])
  })

  it('that are incomplete say why', async () => {
    answers = [json(200, { ...answer, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })]
    await connect().responses.create({ model: 'gpt-5', input: 'hi' })
    expect((await spans.one('chat gpt-5')).attributes['gen_ai.response.finish_reasons']).toEqual(['max_output_tokens'])
  })

  it('as a stream carry the usage of the final event', async () => {
    answers = [
      events([
        { type: 'response.created', response: { ...answer, status: 'in_progress', usage: null } },
        { type: 'response.completed', response: answer },
      ]),
    ]
    for await (const _event of await connect().responses.create({ model: 'gpt-5', input: 'hi', stream: true }));
    expect((await spans.one('chat gpt-5')).attributes).toMatchObject({
      'gen_ai.usage.output_tokens': 9,
      'gen_ai.response.finish_reasons': ['completed'],
    })
  })
})
