// Programs that every version of the Vercel AI SDK can run: one agent with a tool, and what may go wrong with it.
import { z } from 'zod'
import type { Scenario } from '../../../truth.ts'
import { endsBadly, type Happened, model, script, step, tool } from '../frame.ts'

export const MODEL = 'gpt-4.1-mini'
export const inputSchema = z.object({ orderId: z.string() })

type OrderTool = { description: string; inputSchema: typeof inputSchema; execute: (input: { orderId: string }) => Promise<string> }
export type Request = { tools: Record<string, OrderTool>; system?: string; prompt: string; steps: number; functionId: string }
/** `generateText` of the version at hand, with its telemetry switched on. */
export type Ask = (request: Request) => Promise<{ text: string }>

const getOrder: OrderTool = {
  description: 'Looks up an order',
  inputSchema,
  execute: async ({ orderId }) => {
    if (!orderId.startsWith('A-')) throw new Error('no such order: ids begin with A-')
    return `${orderId} is shipped`
  },
}
const brokenOrder: OrderTool = {
  description: 'Looks up an order',
  inputSchema,
  execute: async (): Promise<string> => {
    throw new Error('order service answered 500')
  },
}
const REQUEST: Request = { tools: {}, prompt: 'Where is order A-17?', steps: 5, functionId: 'support' }
const asksOrder = (orderId = 'A-17') => ({ tools: [{ name: 'get_order', arguments: { orderId } }] })

export const alone = { pipeline: 'support', agents: ['support'], steps: [step('support')] }
const aloneFailed = { ...alone, outcome: 'failure' as const, steps: [step('support', 'failure')] }
const SEAM_INTO_AGENT = { seam: 'start→support', seamKind: 'handoff' as const }

const happyPath = async (ask: Ask): Promise<Happened> => {
  await script([asksOrder(), { text: 'It is on its way.' }])
  await ask({ ...REQUEST, tools: { get_order: getOrder } })
  return {
    story: 'One agent calls a tool and answers.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const plainAnswer = async (ask: Ask): Promise<Happened> => {
  await script([{ text: 'It is on its way.' }])
  await ask(REQUEST)
  return { story: 'One model call that succeeds.', runs: [{ ...alone, outcome: 'success', models: [model(MODEL)] }] }
}

const retryThenSuccess = async (ask: Ask): Promise<Happened> => {
  await script([{ status: 500 }, { text: 'It is on its way.' }])
  await ask(REQUEST)
  return {
    story: 'The model answers 500 once; the library asks again.',
    runs: [{ ...alone, outcome: 'success', recovered: true, models: [model(MODEL, 2)] }],
  }
}

const retriesExhausted = async (ask: Ask): Promise<Happened> => {
  const limited = { status: 429, message: 'Rate limit reached for requests' }
  await script([limited, limited, limited])
  await endsBadly(() => ask(REQUEST))
  return {
    story: 'The model refuses with 429 three times, as often as the library tries.',
    runs: [
      {
        ...aloneFailed,
        models: [model(MODEL, 3, 'failure')],
        failure: { ...SEAM_INTO_AGENT, gap: 'error', kind: 'rate_limited', exhausted: true },
      },
    ],
  }
}

const toolError = async (ask: Ask): Promise<Happened> => {
  await script([asksOrder(), { text: 'I cannot look it up at the moment.' }])
  await ask({ ...REQUEST, tools: { get_order: brokenOrder } })
  return {
    story: 'The tool throws; the library tells the model, which apologizes. To the caller that is an answer like any other.',
    runs: [
      { ...alone, outcome: 'success', recovered: true, calls: [tool('get_order', 1, 'failure')], models: [model(MODEL), model(MODEL)] },
    ],
  }
}

const toolErrorResult = async (ask: Ask): Promise<Happened> => {
  await script([asksOrder('17'), asksOrder(), { text: 'It is on its way.' }])
  await ask({ ...REQUEST, tools: { get_order: getOrder } })
  return {
    story: 'The tool throws; the model reads it and asks again with another id.',
    runs: [
      {
        ...alone,
        outcome: 'success',
        recovered: true,
        calls: [tool('get_order', 1, 'failure'), tool('get_order')],
        models: [model(MODEL), model(MODEL), model(MODEL)],
      },
    ],
  }
}

const handoff = async (ask: Ask): Promise<Happened> => {
  await script([
    { tools: [{ name: 'ask_billing', arguments: { orderId: 'A-17' } }] },
    { match: 'You are billing', text: 'A-17 is paid.' },
    { text: 'It is paid and on its way.' },
  ])
  const askBilling: OrderTool = {
    description: 'Asks the billing agent',
    inputSchema,
    execute: async ({ orderId }) => {
      const { text } = await ask({ system: 'You are billing.', prompt: `Was ${orderId} paid?`, tools: {}, steps: 1, functionId: 'billing' })
      return text
    },
  }
  await ask({ ...REQUEST, tools: { ask_billing: askBilling } })
  return {
    story: 'An agent asks another one through a tool, and answers with what it said.',
    runs: [
      {
        ...alone,
        outcome: 'success',
        agents: ['billing', 'support'],
        calls: [tool('ask_billing')],
        models: [model(MODEL), model(MODEL), model(MODEL)],
        handoffs: [{ from: 'support', to: 'billing' }],
      },
    ],
  }
}

const loopLimit = async (ask: Ask): Promise<Happened> => {
  await script([asksOrder(), asksOrder()])
  await ask({ ...REQUEST, tools: { get_order: getOrder }, steps: 2 })
  return {
    story: 'The model asks for the same tool again and again; the library stops after two steps, without an answer and without an error.',
    runs: [
      {
        ...aloneFailed,
        calls: [tool('get_order'), tool('get_order')],
        models: [model(MODEL), model(MODEL)],
        failure: { ...SEAM_INTO_AGENT, gap: 'control', kind: 'step_budget', exhausted: false },
      },
    ],
  }
}

const cachedTokens = async (ask: Ask): Promise<Happened> => {
  await script([
    { ...asksOrder(), usage: { input: 2000, cached: 1536, output: 12 } },
    { text: 'It is on its way.', usage: { input: 2100, cached: 1792, output: 340, reasoning: 256 } },
  ])
  await ask({ ...REQUEST, tools: { get_order: getOrder } })
  return {
    story: 'Two model calls, most of whose input comes from the cache, the second with reasoning.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const parallel = async (ask: Ask): Promise<Happened> => {
  await script([{ tools: [...asksOrder().tools, ...asksOrder('A-18').tools] }, { text: 'Both are on their way.' }])
  await ask({ ...REQUEST, tools: { get_order: getOrder } })
  return {
    story: 'The model asks for the same tool twice in one step; both calls run at the same time.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order'), tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

export const aiSdkScenarios = (ask: Ask): Partial<Record<Scenario, () => Promise<Happened>>> => ({
  happy_path: () => happyPath(ask),
  plain_answer: () => plainAnswer(ask),
  retry_then_success: () => retryThenSuccess(ask),
  retries_exhausted: () => retriesExhausted(ask),
  tool_error: () => toolError(ask),
  tool_error_result: () => toolErrorResult(ask),
  handoff: () => handoff(ask),
  loop_limit: () => loopLimit(ask),
  cached_tokens: () => cachedTokens(ask),
  parallel: () => parallel(ask),
})
