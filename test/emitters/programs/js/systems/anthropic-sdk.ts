// The Anthropic SDK, whose spans are its own: its tool runner and plain messages.
import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { z } from 'zod'
import { type Happened, MODEL_URL, main, model, script, startTelemetry, tool } from '../frame.ts'

const MODEL = 'claude-sonnet-4-5'
const client = (maxRetries = 2): Anthropic => new Anthropic({ baseURL: MODEL_URL, apiKey: 'none', maxRetries })
const inputSchema = z.object({ orderId: z.string() })

const getOrder = betaZodTool({
  name: 'get_order',
  description: 'Looks up an order',
  inputSchema,
  run: ({ orderId }) => {
    if (!orderId.startsWith('A-')) throw new Error('no such order: ids begin with A-')
    return `${orderId} is shipped`
  },
})
const brokenOrder = betaZodTool({
  name: 'get_order',
  description: 'Looks up an order',
  inputSchema,
  run: () => {
    throw new Error('order service answered 500')
  },
})

const QUESTION = 'Where is order A-17?'
const asksOrder = (orderId = 'A-17') => ({ tools: [{ name: 'get_order', arguments: { orderId } }] })
const messages = [{ role: 'user' as const, content: QUESTION }]

const runTools = (tools: (typeof getOrder)[], max_iterations = 5) =>
  client().beta.messages.toolRunner({ model: MODEL, max_tokens: 400, messages, tools, max_iterations })
const ask = () => client().messages.create({ model: MODEL, max_tokens: 400, messages })

/** The tool runner is an agent to which nobody gave a name. */
const RUNNER = { agents: null }

const happyPath = async (): Promise<Happened> => {
  await script([asksOrder(), { text: 'It is on its way.' }])
  await runTools([getOrder])
  return {
    story: 'The tool runner calls a tool and answers.',
    runs: [{ ...RUNNER, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const retryThenSuccess = async (): Promise<Happened> => {
  await script([{ status: 529, message: 'Overloaded' }, { text: 'It is on its way.' }])
  await ask()
  return {
    story: 'The model is overloaded once; the client asks again.',
    runs: [{ outcome: 'success', recovered: true, models: [model(MODEL, 2)] }],
  }
}

const retriesExhausted = async (): Promise<Happened> => {
  const limited = { status: 429, message: 'This request would exceed the rate limit' }
  await script([limited, limited, limited])
  const failed = await ask().then(
    () => false,
    () => true,
  )
  if (!failed) throw new Error('cannot record: the run was to fail, and did not')
  return {
    story: 'The model refuses with 429 three times, as often as the client tries.',
    runs: [
      {
        outcome: 'failure',
        models: [model(MODEL, 3, 'failure')],
        failure: { seam: 'start→*', seamKind: 'handoff', gap: 'error', kind: 'rate_limited', exhausted: true },
      },
    ],
  }
}

const toolErrorResult = async (): Promise<Happened> => {
  await script([asksOrder('17'), asksOrder(), { text: 'It is on its way.' }])
  await runTools([getOrder])
  return {
    story: 'The tool throws, the tool runner sends an error result; the model reads it and asks again with another id.',
    runs: [
      {
        ...RUNNER,
        outcome: 'success',
        recovered: true,
        calls: [tool('get_order', 1, 'failure'), tool('get_order')],
        models: [model(MODEL), model(MODEL), model(MODEL)],
      },
    ],
  }
}

const swallowedError = async (): Promise<Happened> => {
  await script([asksOrder(), { text: 'It is on its way.' }])
  await runTools([brokenOrder])
  return {
    story: 'The tool throws, the tool runner sends an error result, and the model answers as if nothing had happened.',
    runs: [
      {
        ...RUNNER,
        outcome: 'success',
        recovered: true,
        calls: [tool('get_order', 1, 'failure')],
        models: [model(MODEL), model(MODEL)],
      },
    ],
  }
}

const loopLimit = async (): Promise<Happened> => {
  await script([asksOrder(), asksOrder()])
  await runTools([getOrder], 2)
  return {
    story:
      'The model asks for the same tool again and again; the tool runner stops after two turns, without an answer and without an error.',
    runs: [
      {
        ...RUNNER,
        outcome: 'failure',
        calls: [tool('get_order'), tool('get_order')],
        models: [model(MODEL), model(MODEL)],
        failure: { seam: 'start→*', seamKind: 'handoff', gap: 'control', kind: 'step_budget', exhausted: false },
      },
    ],
  }
}

const cachedTokens = async (): Promise<Happened> => {
  await script([
    { ...asksOrder(), usage: { input: 2000, cached: 1536, output: 12 } },
    { text: 'It is on its way.', usage: { input: 2100, cached: 1792, output: 340 } },
  ])
  await runTools([getOrder])
  return {
    story: 'Two model calls, most of whose input comes from the cache; the vendor reports the rest of the input apart from it.',
    runs: [{ ...RUNNER, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const parallel = async (): Promise<Happened> => {
  await script([{ tools: [...asksOrder().tools, ...asksOrder('A-18').tools] }, { text: 'Both are on their way.' }])
  await runTools([getOrder])
  return {
    story: 'The model asks for the same tool twice in one turn; both calls run at the same time.',
    runs: [{ ...RUNNER, outcome: 'success', calls: [tool('get_order'), tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

await main({
  emitter: 'anthropic-sdk',
  library: '@anthropic-ai/sdk',
  instrumentation: ['@anthropic-ai/sdk'],
  start() {
    const provider = startTelemetry()
    return { flush: () => provider.forceFlush() }
  },
  scenarios: {
    happy_path: happyPath,
    retry_then_success: retryThenSuccess,
    retries_exhausted: retriesExhausted,
    tool_error_result: toolErrorResult,
    swallowed_error: swallowedError,
    loop_limit: loopLimit,
    cached_tokens: cachedTokens,
    parallel,
  },
})
