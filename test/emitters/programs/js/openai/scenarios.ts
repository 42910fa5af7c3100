// Programs around the bare OpenAI client: a question, a tool that the program itself calls, an answer; below a span of the user's own.
import { SpanStatusCode, trace } from '@opentelemetry/api'
import type { OpenAI } from 'openai'
import type { Scenario } from '../../../truth.ts'
import { endsBadly, type Happened, MODEL_URL, model, script } from '../frame.ts'

const MODEL = 'gpt-4.1-mini'
const TOOL = {
  type: 'function' as const,
  function: { name: 'get_order', parameters: { type: 'object', properties: { orderId: { type: 'string' } } } },
}

/** As a request handler would: one span around the calls, which takes the error. */
const handle = <T>(work: () => Promise<T>): Promise<T> =>
  trace.getTracer('order-desk').startActiveSpan('handle_ticket', (span) =>
    work()
      .catch((error: unknown) => {
        span.recordException(error as Error)
        span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
        throw error
      })
      .finally(() => span.end()),
  )

/** Answers tool calls until the model has none. */
const converse = (Client: typeof OpenAI, maxRetries = 2): Promise<string> =>
  handle(async () => {
    const client = new Client({ baseURL: `${MODEL_URL}/v1`, apiKey: 'sk-none', maxRetries })
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Where is order A-17?' }]
    for (;;) {
      const { choices } = await client.chat.completions.create({ model: MODEL, messages, tools: [TOOL] })
      const message = choices[0]?.message
      if (!message?.tool_calls) return message?.content ?? ''
      messages.push(message)
      for (const { id } of message.tool_calls) messages.push({ role: 'tool', tool_call_id: id, content: 'A-17 is shipped' })
    }
  })

const asksOrder = { tools: [{ name: 'get_order', arguments: { orderId: 'A-17' } }] }
type Program = (client: typeof OpenAI) => Promise<Happened>

const happyPath: Program = async (client) => {
  await script([asksOrder, { text: 'It is on its way.' }])
  await converse(client)
  return {
    story: 'Two model calls, with a tool call between them that has no span.',
    runs: [{ outcome: 'success', models: [model(MODEL), model(MODEL)] }],
  }
}

const plainAnswer: Program = async (client) => {
  await script([{ text: 'It is on its way.' }])
  await converse(client)
  return { story: 'One model call that succeeds.', runs: [{ outcome: 'success', models: [model(MODEL)] }] }
}

const retryThenSuccess: Program = async (client) => {
  await script([{ status: 500 }, { text: 'It is on its way.' }])
  await converse(client)
  return {
    story: 'The model answers 500 once; the client asks again.',
    runs: [{ outcome: 'success', recovered: true, models: [model(MODEL, 2)] }],
  }
}

const LIMITED = { status: 429, message: 'Rate limit reached for requests' }
const refused = (attempts: number): Happened['runs'] => [
  {
    outcome: 'failure',
    models: [model(MODEL, attempts, 'failure')],
    failure: { seam: 'start→*', seamKind: 'handoff', gap: 'error', kind: 'rate_limited', exhausted: attempts > 1 },
  },
]

const plainRefusal: Program = async (client) => {
  await script([LIMITED])
  await endsBadly(() => converse(client, 0))
  return { story: 'The model refuses with 429 once, and the client does not try again.', runs: refused(1) }
}

const retriesExhausted: Program = async (client) => {
  await script([LIMITED, LIMITED, LIMITED])
  await endsBadly(() => converse(client))
  return { story: 'The model refuses with 429 three times, as often as the client tries.', runs: refused(3) }
}

const cachedTokens: Program = async (client) => {
  await script([
    { ...asksOrder, usage: { input: 2000, cached: 1536, output: 12 } },
    { text: 'It is on its way.', usage: { input: 2100, cached: 1792, output: 340, reasoning: 256 } },
  ])
  await converse(client)
  return {
    story: 'Two model calls, most of whose input comes from the cache, the second with reasoning.',
    runs: [{ outcome: 'success', models: [model(MODEL), model(MODEL)] }],
  }
}

export const openaiScenarios = (client: typeof OpenAI): Partial<Record<Scenario, () => Promise<Happened>>> => ({
  happy_path: () => happyPath(client),
  plain_answer: () => plainAnswer(client),
  retry_then_success: () => retryThenSuccess(client),
  plain_refusal: () => plainRefusal(client),
  retries_exhausted: () => retriesExhausted(client),
  cached_tokens: () => cachedTokens(client),
})
