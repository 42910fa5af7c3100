// What may happen to a run of OpenAI Agents JS, whoever instruments it: agents with tools, handoffs, approvals and guardrails.
import * as agents from '@openai/agents'
import { z } from 'zod'
import type { Scenario } from '../../../truth.ts'
import { endsBadly, type Happened, model, script, step, tool } from '../frame.ts'

const MODEL = 'gpt-4.1-mini'
const retry = {
  maxRetries: 2,
  backoff: { initialDelayMs: 5, maxDelayMs: 5 },
  policy: agents.retryPolicies.httpStatus([429, 500]),
}
const orderSchema = z.object({ orderId: z.string() })
const getOrder = agents.tool({
  name: 'get_order',
  description: 'Looks up an order',
  parameters: orderSchema,
  execute: async ({ orderId }) => {
    if (!orderId.startsWith('A-')) throw new Error('no such order: ids begin with A-')
    return `${orderId} is shipped`
  },
})
const brokenOrder = (errorFunction: null | undefined) =>
  agents.tool({
    name: 'get_order',
    description: 'Looks up an order',
    parameters: orderSchema,
    execute: async () => {
      throw new Error('order service answered 500')
    },
    ...(errorFunction === null && { errorFunction }),
  })

const supportAgent = (tools: agents.Tool[], extra: Partial<agents.AgentOptions> = {}) =>
  new agents.Agent({ name: 'Support agent', instructions: 'Help.', model: MODEL, tools, modelSettings: { retry }, ...extra })

const QUESTION = 'Where is order A-17?'
const runner = () => new agents.Runner({ workflowName: 'support' })
const asksOrder = (orderId = 'A-17') => ({ tools: [{ name: 'get_order', arguments: { orderId } }] })

const alone = { pipeline: 'support', agents: ['Support agent'], steps: [step('Support agent')] }
const aloneFailed = { ...alone, outcome: 'failure' as const, steps: [step('Support agent', 'failure')] }
const SEAM_INTO_AGENT = { seam: 'start→Support agent', seamKind: 'handoff' as const }

const happyPath = async (): Promise<Happened> => {
  await script([asksOrder(), { text: 'It is on its way.' }])
  await runner().run(supportAgent([getOrder]), QUESTION)
  return {
    story: 'One agent calls a tool and answers.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const retryThenSuccess = async (): Promise<Happened> => {
  await script([{ status: 500 }, { text: 'It is on its way.' }])
  await runner().run(supportAgent([]), QUESTION)
  return {
    story: 'The model answers 500 once; the retry policy of the agent asks again.',
    runs: [{ ...alone, outcome: 'success', recovered: true, models: [model(MODEL, 2)] }],
  }
}

const retriesExhausted = async (): Promise<Happened> => {
  const limited = { status: 429, message: 'Rate limit reached for requests' }
  await script([limited, limited, limited])
  await endsBadly(() => runner().run(supportAgent([]), QUESTION))
  return {
    story: 'The model refuses with 429 three times, as often as the retry policy of the agent tries.',
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
  await script([asksOrder()])
  await endsBadly(() => runner().run(supportAgent([brokenOrder(null)]), QUESTION))
  return {
    story: 'A tool without an error function throws, which ends the run.',
    runs: [
      {
        ...aloneFailed,
        calls: [tool('get_order', 1, 'failure')],
        models: [model(MODEL)],
        failure: { seam: 'Support agent→get_order', seamKind: 'tool', gap: 'tool', kind: 'tool_error', exhausted: false },
      },
    ],
  }
}

const toolErrorResult = async (): Promise<Happened> => {
  await script([asksOrder('17'), asksOrder(), { text: 'It is on its way.' }])
  await runner().run(supportAgent([getOrder]), QUESTION)
  return {
    story: 'The tool throws, the library makes a message of it; the model reads it and asks again with another id.',
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

const swallowedError = async (): Promise<Happened> => {
  await script([asksOrder(), { text: 'It is on its way.' }])
  await runner().run(supportAgent([brokenOrder(undefined)]), QUESTION)
  return {
    story: 'The tool throws, the library makes a message of it, and the model answers as if nothing had happened.',
    runs: [
      { ...alone, outcome: 'success', recovered: true, calls: [tool('get_order', 1, 'failure')], models: [model(MODEL), model(MODEL)] },
    ],
  }
}

const handoff = async (): Promise<Happened> => {
  await script([{ tools: [{ name: 'transfer_to_Support_agent', arguments: {} }] }, asksOrder(), { text: 'It is on its way.' }])
  const triage = new agents.Agent({ name: 'Triage agent', instructions: 'Route.', model: MODEL, handoffs: [supportAgent([getOrder])] })
  await runner().run(triage, QUESTION)
  return {
    story: 'A triage agent hands over to the support agent, which calls a tool and answers.',
    runs: [
      {
        pipeline: 'support',
        outcome: 'success',
        agents: ['Support agent', 'Triage agent'],
        steps: [step('Triage agent'), step('Support agent')],
        calls: [tool('get_order')],
        models: [model(MODEL), model(MODEL), model(MODEL)],
        handoffs: [{ from: 'Triage agent', to: 'Support agent' }],
      },
    ],
  }
}

const refund = agents.tool({
  name: 'refund',
  description: 'Pays money back',
  parameters: orderSchema,
  needsApproval: true,
  execute: async () => 'refunded',
})
const asksRefund = { tools: [{ name: 'refund', arguments: { orderId: 'A-17' } }] }

const humanWaiting = async (): Promise<Happened> => {
  await script([asksRefund])
  await runner().run(supportAgent([refund]), 'Refund me')
  return {
    story: 'A tool needs an approval, and nobody has answered yet.',
    runs: [{ ...alone, outcome: 'waiting', steps: [step('Support agent', 'waiting')], models: [model(MODEL)] }],
  }
}

const humanInterrupt = async (): Promise<Happened> => {
  await script([asksRefund, { text: 'The refund is on its way.' }])
  const agent = supportAgent([refund])
  const first = await runner().run(agent, 'Refund me')
  for (const item of first.interruptions) first.state.approve(item)
  await runner().run(agent, first.state)
  return {
    story: 'A tool needs an approval; it is given, and the run goes on from its state.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('refund')], models: [model(MODEL), model(MODEL)] }],
  }
}

const loopLimit = async (): Promise<Happened> => {
  await script([asksOrder(), asksOrder()])
  await endsBadly(() => runner().run(supportAgent([getOrder]), QUESTION, { maxTurns: 2 }))
  return {
    story: 'The model asks for the same tool again and again, until the limit of two turns.',
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

const failedCheck = async (): Promise<Happened> => {
  await script([{ text: 'It is, perhaps.' }])
  const noDoubt: agents.OutputGuardrail = {
    name: 'no_doubt',
    execute: async ({ agentOutput }) => ({ tripwireTriggered: String(agentOutput).includes('perhaps'), outputInfo: {} }),
  }
  await endsBadly(() => runner().run(supportAgent([], { outputGuardrails: [noDoubt] }), QUESTION))
  return {
    story: 'An output guardrail rejects the answer, which ends the run.',
    runs: [
      {
        ...aloneFailed,
        calls: [{ type: 'check', name: 'no_doubt', attempts: 1, outcome: 'success' }],
        models: [model(MODEL)],
        failure: { ...SEAM_INTO_AGENT, gap: 'error', kind: 'rejected_by_check', exhausted: false },
      },
    ],
  }
}

const cachedTokens = async (): Promise<Happened> => {
  await script([
    { ...asksOrder(), usage: { input: 2000, cached: 1536, output: 12 } },
    { text: 'It is on its way.', usage: { input: 2100, cached: 1792, output: 340, reasoning: 256 } },
  ])
  await runner().run(supportAgent([getOrder]), QUESTION)
  return {
    story: 'Two model calls, most of whose input comes from the cache, the second with reasoning.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const parallel = async (): Promise<Happened> => {
  await script([{ tools: [...asksOrder().tools, ...asksOrder('A-18').tools] }, { text: 'Both are on their way.' }])
  await runner().run(supportAgent([getOrder]), 'Where are A-17 and A-18?')
  return {
    story: 'The model asks for the same tool twice in one turn; both calls run at the same time.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order'), tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

export const OPENAI_AGENTS_SCENARIOS: Partial<Record<Scenario, () => Promise<Happened>>> = {
  happy_path: happyPath,
  retry_then_success: retryThenSuccess,
  retries_exhausted: retriesExhausted,
  tool_error: toolError,
  tool_error_result: toolErrorResult,
  swallowed_error: swallowedError,
  handoff,
  human_waiting: humanWaiting,
  human_interrupt: humanInterrupt,
  loop_limit: loopLimit,
  failed_check: failedCheck,
  cached_tokens: cachedTokens,
  parallel,
}
