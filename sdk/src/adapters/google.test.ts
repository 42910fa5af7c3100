// What Google's real client tells of its inferences, against a server that speaks Google's protocol.
import { type CallableTool, FunctionCallingConfigMode, GoogleGenAI } from '@google/genai'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { GEN_AI, OTEL, SEAMTRACE } from '@seamtrace/schema'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { type GoogleAnswer, serveGoogle } from '../../../examples/src/fakes/google.ts'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../../test/spans.ts'
import { tool } from '../call.ts'
import { endLeftOpen } from '../left-open.ts'
import { pipeline } from '../pipeline.ts'
import { step } from '../step.ts'
import { instrumentGoogle } from './google.ts'

let spans: Recorder
let close: () => Promise<void>
beforeEach(() => {
  spans = recordSpans()
  close = async () => {}
})
afterEach(async () => {
  await close()
  await spans.stop()
})

const RETRIES = { attempts: 3, initialDelay: 0.001, maxDelay: 0.002 }

const clientOf = async (...script: GoogleAnswer[]): Promise<GoogleGenAI> => {
  const google = await serveGoogle(script)
  close = google.close
  return instrumentGoogle(new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: google.url, retryOptions: RETRIES } }))
}

const MODEL = 'gemini-3-pro'
const AGENT = 'antigravity-preview-05-2026'
const statuses = ({ events }: ReadableSpan): unknown[] =>
  events.filter(({ name }) => name === 'status').map(({ attributes }) => attributes?.[GEN_AI.responseStatus])
const ask = (ai: GoogleGenAI): ReturnType<GoogleGenAI['models']['generateContent']> =>
  ai.models.generateContent({ model: MODEL, contents: 'Why?' })
const job = (ai: GoogleGenAI) => ai.interactions.create({ agent: AGENT, background: true, input: 'Watch it' })

describe('generated content', () => {
  it('tells model, tokens with thinking and tools, and the size of the answer, and stays as it is', async () => {
    const ai = await clientOf({
      text: 'Because.',
      usage: { thoughtsTokenCount: 30, cachedContentTokenCount: 64, toolUsePromptTokenCount: 7 },
    })
    const reply = await ask(ai)
    expect(reply.text).toBe('Because.')
    expectTypeOf(ai).toEqualTypeOf<GoogleGenAI>()
    const { attributes, status } = await spans.one(`generate_content ${MODEL}`)
    expect(attributes).toMatchObject({
      [GEN_AI.providerName]: 'gcp.gemini',
      [GEN_AI.inputTokens]: 107,
      [GEN_AI.outputTokens]: 50,
      [GEN_AI.reasoningTokens]: 30,
      [GEN_AI.cacheReadTokens]: 64,
      [GEN_AI.finishReasons]: ['STOP'],
      [SEAMTRACE.callOutputSize]: 8,
    })
    expect(status.code).toBe(0)
    expect(attributes).not.toHaveProperty(SEAMTRACE.input)
  })

  it('counts the requests that the client repeats, and says what was wrong with each', async () => {
    const ai = await clientOf({ status: 503 }, { status: 429 }, { text: 'Yes' })
    await ask(ai)
    const { attributes, events } = await spans.one(`generate_content ${MODEL}`)
    expect(attributes[OTEL.resendCount]).toBe(2)
    expect(events.map((event) => event.attributes?.[OTEL.httpStatus])).toEqual([503, 429])
  })

  it('fails with the status when the client gives up', async () => {
    const ai = await clientOf({ status: 401, message: 'API key not valid.' })
    await expect(ask(ai)).rejects.toThrow('API key not valid.')
    const span = await spans.one(`generate_content ${MODEL}`)
    expect([statusOf(span), span.attributes[OTEL.errorType], span.attributes[OTEL.httpStatus]]).toEqual(['ERROR', '401', 401])
  })

  it.each([
    ['an answer that is held back', { finishReason: 'PROHIBITED_CONTENT' }],
    ['a prompt that is refused', { blocked: 'SAFETY' }],
  ])('tells of %s without calling it an error', async (_what, answer) => {
    await ask(await clientOf(answer))
    const span = await spans.one(`generate_content ${MODEL}`)
    expect(span.attributes[GEN_AI.finishReasons]).toContain('content_filter')
    expect(statusOf(span)).toBe('UNSET')
  })

  it('is cancelled, not failed, when the caller aborts', async () => {
    const ai = await clientOf({ hangs: true })
    const stop = new AbortController()
    const reply = ai.models.generateContent({ model: MODEL, contents: 'Why?', config: { abortSignal: stop.signal } })
    stop.abort()
    await expect(reply).rejects.toThrow()
    const span = await spans.one(`generate_content ${MODEL}`)
    expect([span.attributes[SEAMTRACE.outcome], statusOf(span)]).toEqual(['cancelled', 'UNSET'])
  })

  it('fails by a time-out when the client waits no longer', async () => {
    const ai = await clientOf({ hangs: true })
    const config = { httpOptions: { timeout: 20, retryOptions: { attempts: 1 } } }
    await expect(ai.models.generateContent({ model: MODEL, contents: 'Why?', config })).rejects.toThrow()
    const span = await spans.one(`generate_content ${MODEL}`)
    expect([statusOf(span), span.attributes[SEAMTRACE.outcome]]).toEqual(['ERROR', undefined])
  })

  const ORDERS = { tool: async () => ({ functionDeclarations: [{ name: 'get_order' }, { name: 'get_stock' }] }) }

  it.each(['whole', 'streamed'])('shows each of several functions that are called at once: %s', async (how) => {
    const calls = ['get_order', 'get_stock'].map((name) => ({ name, arguments: { id: 7 } }))
    const ai = await clientOf({ tools: calls }, { text: 'It is on its way.' })
    const orders: CallableTool = {
      ...ORDERS,
      callTool: async (asked) =>
        asked.map(({ name = '' }) => ({
          functionResponse: { name, response: name === 'get_stock' ? { error: 'closed' } : { output: 'sent' } },
        })),
    }
    const request = { model: MODEL, contents: 'Where is 7?', config: { tools: [orders] } }
    if (how === 'whole') await ai.models.generateContent(request)
    else for await (const _ of await ai.models.generateContentStream(request));
    const called = await Promise.all(['get_order', 'get_stock'].map((name) => spans.one(`execute_tool ${name}`)))
    expect(called.map((span) => [span.attributes[SEAMTRACE.toolResultStatus], statusOf(span), span.status.message])).toEqual([
      ['ok', 'UNSET', undefined],
      ['error', 'ERROR', 'closed'],
    ])
    expect(await spans.named(`generate_content ${MODEL}`)).toHaveLength(2)
  })

  it('tells of a stream when it ends, with all of its text', async () => {
    const ai = await clientOf({ text: 'one two three' })
    const said: unknown[] = []
    for await (const chunk of await ai.models.generateContentStream({ model: MODEL, contents: 'Count' })) said.push(chunk.text)
    expect(said).toEqual(['one ', 'two ', 'three'])
    const { attributes } = await spans.one(`generate_content ${MODEL}`)
    expect([attributes[SEAMTRACE.callOutputSize], attributes[GEN_AI.inputTokens]]).toEqual([13, 100])
  })

  it('ends the span of a stream whose reader leaves', async () => {
    const ai = await clientOf({ text: 'one two three' })
    for await (const _chunk of await ai.models.generateContentStream({ model: MODEL, contents: 'Count' })) break
    expect(statusOf(await spans.one(`generate_content ${MODEL}`))).toBe('UNSET')
  })

  it('tells of each message of a chat', async () => {
    const ai = await clientOf({ text: 'Hello' })
    const chat = ai.chats.create({ model: MODEL })
    await chat.sendMessage({ message: 'Hi' })
    for await (const _ of await chat.sendMessageStream({ message: 'Again' }));
    expect(await spans.named(`generate_content ${MODEL}`)).toHaveLength(2)
  })

  it('asks for functions without an empty answer', async () => {
    const ai = await clientOf({ tools: [{ name: 'get_order', arguments: { id: 7 } }] })
    expect((await ask(ai)).functionCalls?.[0]?.name).toBe('get_order')
    const { attributes } = await spans.one(`generate_content ${MODEL}`)
    expect(attributes[GEN_AI.finishReasons]).toEqual(['tool_calls'])
    expect(attributes).not.toHaveProperty(SEAMTRACE.callOutputSize)
  })

  it('shows the inferences and functions inside an answer for which the client calls functions by itself', async () => {
    const ai = await clientOf({ tools: [{ name: 'get_order', arguments: { id: 7 } }] }, { text: 'It is on its way.' })
    const orders: CallableTool = {
      tool: async () => ({ functionDeclarations: [{ name: 'get_order' }] }),
      callTool: async () => [{ functionResponse: { name: 'get_order', response: { error: 'closed' } } }],
    }
    const config = { tools: [orders], toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } } }
    const reply = await step('answer', () => ai.models.generateContent({ model: MODEL, contents: 'Where is 7?', config }))
    expect(reply.text).toBe('It is on its way.')
    const called = await spans.one('execute_tool get_order')
    expect(called.attributes[SEAMTRACE.toolResultStatus]).toBe('error')
    const around = await spans.one('step answer')
    const inferences = await spans.named(`generate_content ${MODEL}`)
    expect(inferences.map((span) => isChildOf(span, around))).toEqual([true, true])
  })
})

describe('interactions', () => {
  it('tell of work in the background as one inference, with its states as events and each poll beside it', async () => {
    const ai = await clientOf({ text: 'Two amendments.', polls: 3 })
    await pipeline('watch', async () => {
      let { id, status } = await job(ai)
      while (status !== 'completed') ({ id, status } = await ai.interactions.get(id))
    })
    const span = await spans.one(`interaction ${AGENT}`)
    expect(statuses(span)).toEqual(['queued', 'in_progress', 'completed'])
    expect(span.attributes).toMatchObject({
      [GEN_AI.responseId]: 'interaction-1',
      [GEN_AI.requestModel]: AGENT,
      [GEN_AI.inputTokens]: 105,
      [GEN_AI.outputTokens]: 50,
      [GEN_AI.reasoningTokens]: 30,
      [GEN_AI.cacheReadTokens]: 40,
    })
    const polls = await spans.named('fetch_response')
    expect(polls).toHaveLength(3)
    expect(polls.every((poll) => poll.attributes[GEN_AI.responseId] === 'interaction-1')).toBe(true)
  })

  it.each(['failed', 'incomplete', 'budget_exceeded'])('fail when they end as %s, although every request went well', async (ends) => {
    const ai = await clientOf({ ends, message: 'no more', polls: 1 })
    await ai.interactions.get((await job(ai)).id)
    const span = await spans.one(`interaction ${AGENT}`)
    expect([statusOf(span), span.status.message, span.attributes[OTEL.errorType]]).toEqual(['ERROR', 'no more', ends])
  })

  it('are cancelled, not failed, when the program cancels them', async () => {
    const ai = await clientOf({ polls: 9 })
    const { id } = await job(ai)
    await ai.interactions.cancel(id)
    const span = await spans.one(`interaction ${AGENT}`)
    expect([span.attributes[SEAMTRACE.outcome], statusOf(span)]).toEqual(['cancelled', 'UNSET'])
  })

  const callsRegister: GoogleAnswer = { tools: [{ name: 'register_api', arguments: { topic: 'packaging' } }], polls: 1 }
  const answered = (ai: GoogleGenAI, id: string, isError = false) =>
    ai.interactions.create({
      agent: AGENT,
      background: true,
      previous_interaction_id: id,
      input: [{ type: 'function_result', name: 'register_api', call_id: `${id}_0`, result: 'in force', is_error: isError }],
    })

  it('show the function that they ask for, from the question to its result, and what goes on after it', async () => {
    const ai = await clientOf(callsRegister, { text: 'Done', polls: 1 })
    await step('monitor', async () => {
      const { id } = await job(ai)
      expect((await ai.interactions.get(id)).status).toBe('requires_action')
      await ai.interactions.get((await answered(ai, id, true)).id)
    })
    const called = await spans.one('execute_tool register_api')
    expect(called.attributes[SEAMTRACE.toolResultStatus]).toBe('error')
    expect(isChildOf(called, await spans.one('step monitor'))).toBe(true)
    const [first, second] = await spans.named(`interaction ${AGENT}`)
    expect(first?.attributes[GEN_AI.finishReasons]).toEqual(['tool_calls'])
    expect(second?.links[0]?.context.spanId).toBe(first?.spanContext().spanId)
  })

  it('do not tell again of a function that the program tells of itself', async () => {
    const ai = await clientOf(callsRegister, { text: 'Done', polls: 1 })
    await step('monitor', async () => {
      const { id } = await job(ai)
      await ai.interactions.get(id)
      tool('register_api', () => 'in force')
      await answered(ai, id)
    })
    expect(await spans.named('execute_tool register_api')).toHaveLength(1)
  })

  it("show the tools that ran at the vendor's", async () => {
    const steps = [
      { type: 'mcp_server_tool_call', id: 'a', name: 'list_laws', server_name: 'laws', arguments: {} },
      { type: 'mcp_server_tool_result', call_id: 'a', name: 'list_laws', result: 'closed', is_error: true },
      { type: 'google_search_call', id: 'b', arguments: { queries: ['law'] } },
      { type: 'google_search_result', call_id: 'b', result: [] },
    ]
    const ai = await clientOf({ text: 'None', steps, polls: 1 })
    await ai.interactions.get((await job(ai)).id)
    const around = await spans.one(`interaction ${AGENT}`)
    const [laws, search] = [await spans.one('execute_tool list_laws'), await spans.one('execute_tool google_search')]
    expect([laws, search].map((span) => isChildOf(span, around))).toEqual([true, true])
    expect([laws, search].map((span) => span.attributes[SEAMTRACE.toolResultStatus])).toEqual(['error', 'empty'])
  })

  it('wait when their run ends before they do, and go on as the same response in the run that asks again', async () => {
    const ai = await clientOf({ text: 'Done', polls: 2 })
    const { id } = await pipeline('watch', () => job(ai))
    await pipeline('watch', async () => {
      await ai.interactions.get(id)
      await ai.interactions.get(id)
    })
    const [left, ended] = await spans.named(`interaction ${AGENT}`)
    expect([left?.attributes[SEAMTRACE.outcome], left?.attributes[GEN_AI.inputTokens]]).toEqual(['waiting', undefined])
    expect([ended?.attributes[GEN_AI.responseId], ended?.attributes[GEN_AI.inputTokens]]).toEqual([id, 105])
    expect(ended?.links[0]?.context.spanId).toBe(left?.spanContext().spanId)
    await ai.interactions.get(id)
    expect(await spans.named(`interaction ${AGENT}`)).toHaveLength(2)
  })

  it('are told of by a process that did not begin them', async () => {
    const google = await serveGoogle([{ text: 'Done', polls: 2 }])
    close = google.close
    const options = { apiKey: 'none', httpOptions: { baseUrl: google.url } }
    const { id } = await job(new GoogleGenAI(options))
    const ai = instrumentGoogle(new GoogleGenAI(options))
    await ai.interactions.get(id)
    await ai.interactions.get(id)
    const span = await spans.one(`interaction ${AGENT}`)
    expect([statuses(span), span.attributes[GEN_AI.outputTokens]]).toEqual([['in_progress', 'completed'], 50])
  })

  it('tell of a stream, whole', async () => {
    const ai = await clientOf({ text: 'Hello' })
    const events: string[] = []
    for await (const event of await ai.interactions.create({ model: MODEL, input: 'Hi', stream: true })) events.push(event.event_type)
    expect(events).toEqual(['interaction.created', 'step.start', 'interaction.completed'])
    const span = await spans.one(`interaction ${MODEL}`)
    expect(span.attributes).toMatchObject({ [GEN_AI.inputTokens]: 105, [SEAMTRACE.callOutputSize]: 5 })
    expect(statuses(span)).toEqual(['in_progress', 'completed'])
  })

  it('count the requests that the client repeats', async () => {
    const ai = await clientOf({ status: 503 }, { text: 'Hello' })
    await ai.interactions.create({ model: MODEL, input: 'Hi' })
    expect((await spans.one(`interaction ${MODEL}`)).attributes[OTEL.resendCount]).toBe(1)
  })

  it('are cancelled when the program deletes them before they end, and as they were when after', async () => {
    const ai = await clientOf({ polls: 9 }, { text: 'Done', polls: 1 })
    await ai.interactions.delete((await job(ai)).id)
    expect((await spans.one(`interaction ${AGENT}`)).attributes[SEAMTRACE.outcome]).toBe('cancelled')
    const { id } = await job(ai)
    await ai.interactions.get(id)
    await ai.interactions.delete(id)
    expect((await spans.named(`interaction ${AGENT}`)).map((span) => span.attributes[SEAMTRACE.outcome])).toEqual(['cancelled', undefined])
  })

  it('are told to their end by a stream that another request began', async () => {
    const ai = await clientOf({ text: 'Done', polls: 2 })
    const { id } = await job(ai)
    for await (const _ of await ai.interactions.get(id, { stream: true }));
    const span = await spans.one(`interaction ${AGENT}`)
    expect([span.attributes[GEN_AI.outputTokens], statuses(span).at(-1)]).toEqual([50, 'completed'])
  })

  it('go on when the reader of such a stream leaves', async () => {
    const ai = await clientOf({ text: 'Done', polls: 2 })
    const { id } = await job(ai)
    for await (const _ of await ai.interactions.get(id, { stream: true })) break
    expect(await spans.named(`interaction ${AGENT}`)).toEqual([])
    await ai.interactions.get(id)
    expect((await spans.one(`interaction ${AGENT}`)).attributes[GEN_AI.outputTokens]).toBe(50)
  })

  it('that take longer than the client waits fail by a time-out', async () => {
    const ai = await clientOf({ hangs: true })
    await expect(ai.interactions.create({ model: MODEL, input: 'Hi' }, { timeout: 20, maxRetries: 0 })).rejects.toThrow()
    const span = await spans.one(`interaction ${MODEL}`)
    expect([statusOf(span), span.attributes[SEAMTRACE.outcome]]).toEqual(['ERROR', undefined])
  })

  it('that nobody asks for again wait when recording stops', async () => {
    const ai = await clientOf({ polls: 9 })
    await job(ai)
    expect(await spans.named(`interaction ${AGENT}`)).toEqual([])
    endLeftOpen()
    expect((await spans.one(`interaction ${AGENT}`)).attributes[SEAMTRACE.outcome]).toBe('waiting')
  })

  it('beyond a thousand that nobody asks for, the oldest wait', { timeout: 120_000 }, async () => {
    const ai = await clientOf({ polls: 9 })
    for (let batch = 0; batch < 10; batch++) await Promise.all(Array.from({ length: 101 }, () => job(ai)))
    const ended = await spans.named(`interaction ${AGENT}`)
    expect([ended.length, new Set(ended.map((span) => span.attributes[SEAMTRACE.outcome]))]).toEqual([10, new Set(['waiting'])])
    endLeftOpen()
    expect(await spans.named(`interaction ${AGENT}`)).toHaveLength(1_010)
  })

  it('keep an error of a poll with the poll', async () => {
    const ai = await clientOf({ text: 'Done' })
    await expect(ai.interactions.get('interaction-9')).rejects.toThrow('not found')
    expect((await spans.one('fetch_response')).attributes[OTEL.errorType]).toBe('404')
  })
})
