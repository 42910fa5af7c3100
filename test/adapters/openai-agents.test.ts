// The scenarios of OpenAI Agents JS with the adapter: what happened is told, also what the framework keeps from its own traces.
import { step } from '@seamtrace/sdk'
import { instrumentOpenAIAgents } from '@seamtrace/sdk/openai-agents'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openStage } from './scenarios.fixture.ts'

const stage = await openStage('openai-agents')
const agents = await import('@openai/agents')
const { default: OpenAI } = await import('openai')
const client = new OpenAI({ baseURL: `${stage.modelUrl}/v1`, apiKey: 'sk-none', maxRetries: 0 })
agents.setDefaultOpenAIClient(client)
agents.setTraceProcessors([])
// the framework switches its traces off in tests
agents.setTracingDisabled(false)
const { tool } = instrumentOpenAIAgents(agents, { client })
const { script } = await import('../emitters/programs/js/frame.ts')
const { OPENAI_AGENTS_SCENARIOS } = await import('../emitters/programs/js/openai-agents/scenarios.ts')
afterAll(() => stage.close())

const LONG_MS = 60_000

/** Whom the program asks: no span of the framework tells of it, so no instrumentation was asked to. */
const ASKED: Record<string, { answer: string[]; truth: string[] }> = {
  human_waiting: { answer: ['human refund waiting'], truth: [] },
  human_interrupt: { answer: ['human refund success', 'tool refund success'], truth: ['tool refund success'] },
}

for (const api of ['chat_completions', 'responses'] as const)
  test.each(Object.entries(OPENAI_AGENTS_SCENARIOS))(
    `%s is told as it was, over ${api}`,
    async (name, scenario) => {
      agents.setOpenAIAPI(api)
      const asked = ASKED[name]
      expect(await stage.differencesOf(scenario)).toEqual(asked ? [{ field: 'calls', ...asked }] : [])
    },
    LONG_MS,
  )

const { Agent, run } = agents
const parameters = z.object({ orderId: z.string() })
const asks = (name: string, orderId = 'A-17') => ({ tools: [{ name, arguments: { orderId } }] })
const support = (tools: InstanceType<typeof Agent>['tools'] = []) =>
  new Agent({ name: 'Support', instructions: 'Help.', model: 'gpt-5', tools })

describe('what the framework keeps to itself', () => {
  test('an error that it swallows is told as it was thrown', async () => {
    agents.setOpenAIAPI('responses')
    await script([asks('get_order'), { text: 'I do not know.' }])
    const getOrder = tool({
      name: 'get_order',
      description: 'Looks up an order',
      parameters,
      execute: async () => {
        throw Object.assign(new Error('order service is overloaded'), { status: 503 })
      },
    })
    const [told] = await stage.runsOf(() => run(support([getOrder]), 'Where is it?'))
    expect(told).toMatchObject({ pipeline: 'Support', outcome: 'success', recovered: true })
    expect(told?.failures).toMatchObject([{ kind: 'tool_unavailable', message: 'order service is overloaded', recovered: true }])
  })

  test('a step inside a tool stands below the tool', async () => {
    await script([asks('get_order'), { text: 'On its way.' }])
    const getOrder = tool({
      name: 'get_order',
      description: 'Looks up an order',
      parameters,
      execute: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        return step('ask the warehouse', () => 'shipped')
      },
    })
    const runs = await stage.runsOf(() => run(support([getOrder]), 'Where is it?'))
    expect(runs).toHaveLength(1)
    expect(runs[0]?.steps.map(({ name, parent }) => [name, parent])).toContainEqual(['ask the warehouse', 'Support'])
  })

  test('retries of the client are attempts of one model call', async () => {
    await script([{ status: 500 }, { status: 429 }, { text: 'Hello.' }])
    client.maxRetries = 2
    const [told] = await stage.runsOf(() => run(support(), 'Hello?'))
    client.maxRetries = 0
    expect(told).toMatchObject({ outcome: 'success', recovered: true })
    expect(told?.calls.map(({ model, attempts }) => [model, attempts.length])).toEqual([['gpt-5', 3]])
  })
})
