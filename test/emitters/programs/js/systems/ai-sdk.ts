// Vercel AI SDK 7 with its own OpenTelemetry integration.

import { createOpenAI } from '@ai-sdk/openai'
import { OpenTelemetry } from '@ai-sdk/otel'
import { tool as aiTool, generateText, type ModelMessage, registerTelemetry, stepCountIs, type ToolSet } from 'ai'
import { z } from 'zod'
import { type Happened, MODEL_URL, main, model, script, startTelemetry, step, tool } from '../frame.ts'

const MODEL = 'gpt-4.1-mini'
const openai = createOpenAI({ baseURL: `${MODEL_URL}/v1`, apiKey: 'sk-none' })
const inputSchema = z.object({ orderId: z.string() })

const getOrder = aiTool({
  description: 'Looks up an order',
  inputSchema,
  execute: async ({ orderId }) => {
    if (!orderId.startsWith('A-')) throw new Error('no such order: ids begin with A-')
    return `${orderId} is shipped`
  },
})
const brokenOrder = aiTool({
  description: 'Looks up an order',
  inputSchema,
  execute: async (): Promise<string> => {
    throw new Error('order service answered 500')
  },
})
const refund = aiTool({ description: 'Pays money back', inputSchema, needsApproval: true, execute: async () => 'refunded' })

const QUESTION = 'Where is order A-17?'
const asksOrder = (orderId = 'A-17') => ({ tools: [{ name: 'get_order', arguments: { orderId } }] })

const ask = (tools: ToolSet, messages: ModelMessage[] = [{ role: 'user', content: QUESTION }], steps = 5, functionId = 'support') =>
  generateText({ model: openai.chat(MODEL), tools, messages, stopWhen: stepCountIs(steps), maxRetries: 2, telemetry: { functionId } })

const alone = { pipeline: 'support', agents: ['support'], steps: [step('support')] }
const aloneFailed = { ...alone, outcome: 'failure' as const, steps: [step('support', 'failure')] }
const SEAM_INTO_AGENT = { seam: 'start→support', seamKind: 'handoff' as const }

const happyPath = async (): Promise<Happened> => {
  await script([asksOrder(), { text: 'It is on its way.' }])
  await ask({ get_order: getOrder })
  return {
    story: 'One agent calls a tool and answers.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const retryThenSuccess = async (): Promise<Happened> => {
  await script([{ status: 500 }, { text: 'It is on its way.' }])
  await ask({})
  return {
    story: 'The model answers 500 once; the library asks again.',
    runs: [{ ...alone, outcome: 'success', recovered: true, models: [model(MODEL, 2)] }],
  }
}

const retriesExhausted = async (): Promise<Happened> => {
  const limited = { status: 429, message: 'Rate limit reached for requests' }
  await script([limited, limited, limited])
  const failed = await ask({}).then(
    () => false,
    () => true,
  )
  if (!failed) throw new Error('cannot record: the run was to fail, and did not')
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

const toolError = async (): Promise<Happened> => {
  await script([asksOrder(), { text: 'I cannot look it up at the moment.' }])
  await ask({ get_order: brokenOrder })
  return {
    story: 'The tool throws; the library tells the model, which apologizes. To the caller that is an answer like any other.',
    runs: [
      { ...alone, outcome: 'success', recovered: true, calls: [tool('get_order', 1, 'failure')], models: [model(MODEL), model(MODEL)] },
    ],
  }
}

const toolErrorResult = async (): Promise<Happened> => {
  await script([asksOrder('17'), asksOrder(), { text: 'It is on its way.' }])
  await ask({ get_order: getOrder })
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

const handoff = async (): Promise<Happened> => {
  await script([
    { tools: [{ name: 'ask_billing', arguments: { question: 'Was A-17 paid?' } }] },
    { match: 'You are billing', text: 'A-17 is paid.' },
    { text: 'It is paid and on its way.' },
  ])
  const askBilling = aiTool({
    description: 'Asks the billing agent',
    inputSchema: z.object({ question: z.string() }),
    execute: async ({ question }) => {
      const { text } = await generateText({
        model: openai.chat(MODEL),
        system: 'You are billing.',
        prompt: question,
        telemetry: { functionId: 'billing' },
      })
      return text
    },
  })
  await ask({ ask_billing: askBilling })
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

const ASKS_REFUND = { tools: [{ name: 'refund', arguments: { orderId: 'A-17' } }] }
const REFUND_ME: ModelMessage = { role: 'user', content: 'Refund me' }

const humanWaiting = async (): Promise<Happened> => {
  await script([ASKS_REFUND])
  await ask({ refund }, [REFUND_ME])
  return {
    story: 'A tool needs an approval, and nobody has answered yet.',
    runs: [{ ...alone, outcome: 'waiting', steps: [step('support', 'waiting')], models: [model(MODEL)] }],
  }
}

const humanInterrupt = async (): Promise<Happened> => {
  await script([ASKS_REFUND, { text: 'The refund is on its way.' }])
  const first = await ask({ refund }, [REFUND_ME])
  const approvals = first.content.flatMap((part) =>
    part.type === 'tool-approval-request' ? [{ type: 'tool-approval-response' as const, approvalId: part.approvalId, approved: true }] : [],
  )
  await ask({ refund }, [REFUND_ME, ...first.response.messages, { role: 'tool', content: approvals }])
  return {
    story: 'A tool needs an approval; it is given with a second call, which runs the tool and answers.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('refund')], models: [model(MODEL), model(MODEL)] }],
  }
}

const loopLimit = async (): Promise<Happened> => {
  await script([asksOrder(), asksOrder()])
  await ask({ get_order: getOrder }, undefined, 2)
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

const cachedTokens = async (): Promise<Happened> => {
  await script([
    { ...asksOrder(), usage: { input: 2000, cached: 1536, output: 12 } },
    { text: 'It is on its way.', usage: { input: 2100, cached: 1792, output: 340, reasoning: 256 } },
  ])
  await ask({ get_order: getOrder })
  return {
    story: 'Two model calls, most of whose input comes from the cache, the second with reasoning.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const parallel = async (): Promise<Happened> => {
  await script([{ tools: [...asksOrder().tools, ...asksOrder('A-18').tools] }, { text: 'Both are on their way.' }])
  await ask({ get_order: getOrder })
  return {
    story: 'The model asks for the same tool twice in one step; both calls run at the same time.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order'), tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

await main({
  emitter: 'ai-sdk',
  library: 'ai',
  instrumentation: ['@ai-sdk/otel'],
  start() {
    const provider = startTelemetry()
    registerTelemetry(new OpenTelemetry({ agentSpanName: 'functionId' }))
    return { flush: () => provider.forceFlush() }
  },
  scenarios: {
    happy_path: happyPath,
    retry_then_success: retryThenSuccess,
    retries_exhausted: retriesExhausted,
    tool_error: toolError,
    tool_error_result: toolErrorResult,
    handoff,
    human_waiting: humanWaiting,
    human_interrupt: humanInterrupt,
    loop_limit: loopLimit,
    cached_tokens: cachedTokens,
    parallel,
  },
})
