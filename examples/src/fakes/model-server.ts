// A fake model provider that speaks OpenAI's chat completions: ids, usage, headers, and errors in the vendor's own shape.
import { type Injector, subjectIn } from '../faults/injector.ts'
import { type Random, randomFrom, seedOf } from '../faults/random.ts'
import { type FakeServer, type Reply, type Request, serve } from './http-server.ts'
import { answerTo, type Task, taskOf } from './model-answers.ts'
import { modelError } from './model-errors.ts'
import type { Pace } from './pace.ts'

type ChatRequest = {
  model: string
  messages: { role: string; content: string }[]
  response_format?: { json_schema?: { name?: string } }
}

export const serveModel = (injector: Injector, pace: Pace): Promise<FakeServer> => {
  let requests = 0
  return serve(async (request) => {
    if (request.path !== '/v1/chat/completions')
      return {
        status: 404,
        body: {
          error: { message: `Invalid URL (${request.method} ${request.path})`, type: 'invalid_request_error', param: null, code: null },
        },
      }
    requests += 1
    return complete(request, requests, injector, pace)
  })
}

const complete = async (request: Request, count: number, injector: Injector, pace: Pace): Promise<Reply> => {
  const chat = request.body as ChatRequest
  const question = chat.messages.at(-1)?.content ?? ''
  const subject = subjectIn(question)
  const task = taskOf(chat.response_format?.json_schema?.name ?? '')
  const random = randomFrom(seedOf(`${subject}/${task.name}/${count}`))
  const headers = headersOf(count, random)
  const error = modelError(task.name, subject, chat.model, injector)
  await pace.wait(error ? 300 : random.integer(...task.latencyMs))
  if (error) return { ...error, headers: { ...headers, ...error.headers } }
  const message = answerTo(task.name, { subject, question, injector, random })
  return { headers, body: completion(chat, task, message, count, random) }
}

const headersOf = (count: number, random: Random): Record<string, string> => ({
  'x-request-id': `req_${count.toString(16).padStart(24, '0')}`,
  'openai-version': '2020-10-01',
  'openai-processing-ms': String(random.integer(300, 2400)),
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-remaining-requests': String(random.integer(8000, 9999)),
})

const completion = (chat: ChatRequest, task: Task, answer: ReturnType<typeof answerTo>, count: number, random: Random) => ({
  id: `chatcmpl-${count.toString(36).padStart(8, '0')}${random.integer(0, 36 ** 6).toString(36)}`,
  object: 'chat.completion',
  created: Math.floor(Date.now() / 1000),
  model: `${chat.model}-2025-04-14`,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: answer.content, refusal: answer.refusal ?? null, annotations: [] },
      logprobs: null,
      finish_reason: answer.finishReason ?? 'stop',
    },
  ],
  usage: usageOf(chat, task, answer.content ?? answer.refusal ?? '', random),
  service_tier: 'default',
  system_fingerprint: 'fp_5e1c0a7d42',
})

/** About four characters make a token; the long fixed part of the prompt comes from the cache most of the time. */
const usageOf = (chat: ChatRequest, task: Task, text: string, random: Random) => {
  const prompt = task.promptTokens + Math.ceil(chat.messages.reduce((sum, { content }) => sum + content.length, 0) / 4)
  const cached = random.next() < 0.8 ? Math.floor(task.promptTokens / 128) * 128 : 0
  const reasoning = chat.model.startsWith('gpt-5') ? random.integer(2, 9) * 64 : 0
  const completion = Math.ceil(text.length / 4) + task.completionTokens + reasoning
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: prompt >= 1024 ? cached : 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
