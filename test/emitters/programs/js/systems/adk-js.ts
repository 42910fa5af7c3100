// Google ADK for JavaScript, whose spans are its own.
import '../telemetry-first.ts'

import { FunctionNode, FunctionTool, InMemoryRunner, LlmAgent, ParallelAgent, type RunConfig, Workflow } from '@google/adk'
import { createUserContent } from '@google/genai'
import { z } from 'zod'
import { type Happened, MODEL_URL, main, model, must, script, step, tool } from '../frame.ts'
import { telemetry } from '../telemetry-first.ts'

Object.assign(process.env, { GOOGLE_API_KEY: 'none', GEMINI_API_KEY: 'none', GOOGLE_GEMINI_BASE_URL: MODEL_URL })

const MODEL = 'gemini-2.5-flash'
const QUESTION = 'Where is order A-17?'
const APP = 'support'
const orderSchema = z.object({ orderId: z.string() })

const getOrder = new FunctionTool({
  name: 'get_order',
  description: 'Looks up an order',
  parameters: orderSchema,
  execute: ({ orderId }) =>
    orderId.startsWith('A-')
      ? { status: 'success', order: `${orderId} is shipped` }
      : { status: 'error', error_message: 'no such order: ids begin with A-' },
})
const brokenOrder = new FunctionTool({
  name: 'get_order',
  description: 'Looks up an order',
  parameters: orderSchema,
  execute: () => {
    throw new Error('order service answered 500')
  },
})
const refund = new FunctionTool({
  name: 'refund',
  description: 'Pays money back',
  parameters: orderSchema,
  requireConfirmation: true,
  execute: () => ({ status: 'success' }),
})

const asksOrder = (orderId = 'A-17') => ({ tools: [{ name: 'get_order', arguments: { orderId } }] })
const support = (tools: FunctionTool<typeof orderSchema>[], instruction = 'Help.') =>
  new LlmAgent({ name: 'support_agent', model: MODEL, instruction, tools })

type Root = ConstructorParameters<typeof InMemoryRunner>[0]['agent']
type Ended = { failed: boolean; waitsFor: string | undefined; userId: string; sessionId: string; runner: InMemoryRunner }

/** Runs to the end; an error may be thrown or told in an event. */
const drain = async (events: AsyncIterable<{ errorCode?: string; content?: unknown }>): Promise<Pick<Ended, 'failed' | 'waitsFor'>> => {
  let failed = false
  let waitsFor: string | undefined
  try {
    for await (const event of events) {
      failed ||= event.errorCode !== undefined
      const { parts = [] } = (event.content ?? {}) as { parts?: { functionCall?: { id?: string; name?: string } }[] }
      waitsFor ??= parts.find(({ functionCall }) => functionCall?.name === 'adk_request_confirmation')?.functionCall?.id
    }
  } catch {
    failed = true
  }
  return { failed, waitsFor }
}

const runOf = async (agent: Root, text = QUESTION, runConfig?: RunConfig): Promise<Ended> => {
  const runner = new InMemoryRunner({ agent, appName: APP })
  const { id: sessionId } = await runner.sessionService.createSession({ appName: APP, userId: 'user-1' })
  const events = runner.runAsync({ userId: 'user-1', sessionId, newMessage: createUserContent(text), ...(runConfig && { runConfig }) })
  return { ...(await drain(events)), userId: 'user-1', sessionId, runner }
}

const alone = { pipeline: 'support_agent', agents: ['support_agent'], steps: [step('support_agent')] }
const aloneFailed = { ...alone, outcome: 'failure' as const, steps: [step('support_agent', 'failure')] }
const SEAM_INTO_AGENT = { seam: 'start→support_agent', seamKind: 'handoff' as const }

const happyPath = async (): Promise<Happened> => {
  await script([asksOrder(), { text: 'It is on its way.' }])
  must(!(await runOf(support([getOrder]))).failed, 'the run failed')
  return {
    story: 'One agent calls a tool and answers.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

/** classify → fetch_order → respond; the second node fails as often as told. */
const orderFlow = (failures: number): Workflow => {
  let tries = 0
  const classify = new FunctionNode('classify', () => 'shipping')
  const fetchOrder = new FunctionNode(
    'fetch_order',
    () => {
      tries += 1
      if (tries <= failures) throw new Error('order service answered 503')
      return 'shipped'
    },
    { retryConfig: { maxAttempts: 3, initialDelay: 0.005, jitter: 0 } },
  )
  const respond = new FunctionNode('respond', () => 'It is on its way.')
  return new Workflow({ name: 'order_flow', edges: [['START', classify, fetchOrder, respond]] })
}

const retryThenSuccess = async (): Promise<Happened> => {
  await script([])
  must(!(await runOf(orderFlow(1))).failed, 'the run failed')
  return {
    story: 'The second node of a workflow throws once; its retry configuration runs it again.',
    runs: [
      {
        pipeline: 'order_flow',
        outcome: 'success',
        recovered: true,
        steps: [step('classify'), step('fetch_order', 'success', 2), step('respond')],
        handoffs: [
          { from: 'classify', to: 'fetch_order' },
          { from: 'fetch_order', to: 'respond' },
        ],
      },
    ],
  }
}

const retriesExhausted = async (): Promise<Happened> => {
  await script([])
  must((await runOf(orderFlow(3))).failed, 'the run was to fail, and did not')
  return {
    story: 'The second node of a workflow throws three times, as often as its retry configuration tries.',
    runs: [
      {
        pipeline: 'order_flow',
        outcome: 'failure',
        steps: [step('classify'), step('fetch_order', 'failure', 3)],
        handoffs: [{ from: 'classify', to: 'fetch_order' }],
        failure: { seam: 'classify→fetch_order', seamKind: 'handoff', gap: 'error', kind: 'exception', exhausted: true },
      },
    ],
  }
}

const toolError = async (): Promise<Happened> => {
  await script([asksOrder(), { text: 'I cannot look it up at the moment.' }])
  must(!(await runOf(support([brokenOrder]))).failed, 'the run failed')
  return {
    story: 'A tool throws; the library tells the model, which apologizes. To the caller that is an answer like any other.',
    runs: [
      {
        ...alone,
        outcome: 'success',
        recovered: true,
        calls: [tool('get_order', 1, 'failure')],
        models: [model(MODEL), model(MODEL)],
      },
    ],
  }
}

const toolErrorResult = async (): Promise<Happened> => {
  await script([asksOrder('17'), asksOrder(), { text: 'It is on its way.' }])
  must(!(await runOf(support([getOrder]))).failed, 'the run failed')
  return {
    story: 'A tool says in its result that it failed; the model reads it and asks again with another id.',
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
    { tools: [{ name: 'transfer_to_agent', arguments: { agentName: 'support_agent' } }] },
    asksOrder(),
    { text: 'It is on its way.' },
  ])
  const triage = new LlmAgent({ name: 'triage_agent', model: MODEL, instruction: 'Route.', subAgents: [support([getOrder])] })
  must(!(await runOf(triage)).failed, 'the run failed')
  return {
    story: 'A triage agent transfers to the support agent, which calls a tool and answers.',
    runs: [
      {
        pipeline: 'triage_agent',
        outcome: 'success',
        agents: ['support_agent', 'triage_agent'],
        steps: [step('triage_agent'), step('support_agent')],
        calls: [tool('get_order')],
        models: [model(MODEL), model(MODEL), model(MODEL)],
        handoffs: [{ from: 'triage_agent', to: 'support_agent' }],
      },
    ],
  }
}

const asksRefund = { tools: [{ name: 'refund', arguments: { orderId: 'A-17' } }] }

const humanWaiting = async (): Promise<Happened> => {
  // the tool's answer that it waits goes back to the model first
  await script([asksRefund])
  const { waitsFor } = await runOf(support([refund]), 'Refund me')
  must(waitsFor !== undefined, 'nobody was asked')
  return {
    story: 'A tool needs a confirmation, and nobody has answered yet.',
    runs: [{ ...alone, outcome: 'waiting', steps: [step('support_agent', 'waiting')], models: [model(MODEL)] }],
  }
}

const humanInterrupt = async (): Promise<Happened> => {
  await script([asksRefund, { text: 'The refund is on its way.' }])
  const { waitsFor, runner, userId, sessionId } = await runOf(support([refund]), 'Refund me')
  const functionResponse = { id: waitsFor, name: 'adk_request_confirmation', response: { confirmed: true } }
  const events = runner.runAsync({ userId, sessionId, newMessage: { role: 'user', parts: [{ functionResponse }] } })
  must(!(await drain(events)).failed, 'the run failed')
  return {
    story: 'A tool needs a confirmation; it is given in a second invocation of the same session, which runs the tool and answers.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('refund')], models: [model(MODEL), model(MODEL)] }],
  }
}

const loopLimit = async (): Promise<Happened> => {
  await script([asksOrder(), asksOrder()])
  const { failed } = await runOf(support([getOrder]), QUESTION, { maxLlmCalls: 2 } as RunConfig)
  must(failed, 'the run was to fail, and did not')
  return {
    story: 'The model asks for the same tool again and again, until the limit of two model calls.',
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

const missingState = async (): Promise<Happened> => {
  await script([])
  must((await runOf(support([], 'Help the customer {customerId}.'))).failed, 'the run was to fail, and did not')
  return {
    story: 'The instruction of the agent names a state key that nobody wrote.',
    runs: [{ ...aloneFailed, failure: { ...SEAM_INTO_AGENT, gap: 'state', kind: 'missing_state', exhausted: false } }],
  }
}

const cachedTokens = async (): Promise<Happened> => {
  await script([
    { ...asksOrder(), usage: { input: 2000, cached: 1536, output: 12 } },
    { text: 'It is on its way.', usage: { input: 2100, cached: 1792, output: 340, reasoning: 256 } },
  ])
  must(!(await runOf(support([getOrder]))).failed, 'the run failed')
  return {
    story: 'Two model calls, most of whose input comes from the cache, the second with thinking.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const parallel = async (): Promise<Happened> => {
  await script([
    { match: 'Find prices', text: 'cheap' },
    { match: 'Find reviews', text: 'good' },
  ])
  const worker = (name: string) => new LlmAgent({ name, model: MODEL, instruction: `Find ${name}.` })
  must(!(await runOf(new ParallelAgent({ name: 'research', subAgents: [worker('prices'), worker('reviews')] }))).failed, 'the run failed')
  return {
    story: 'A parallel agent runs two agents at the same time.',
    runs: [
      {
        pipeline: 'research',
        outcome: 'success',
        agents: ['prices', 'reviews'],
        steps: [step('prices'), step('reviews')],
        models: [model(MODEL), model(MODEL)],
      },
    ],
  }
}

await main({
  emitter: 'adk-js',
  library: '@google/adk',
  instrumentation: ['@google/adk'],
  start() {
    return { flush: () => telemetry.forceFlush() }
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
    missing_state: missingState,
    cached_tokens: cachedTokens,
    parallel,
  },
})
