// The scenarios of OpenAI Agents JS with the adapter: what happened is told, also what the framework keeps from its own traces.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Run } from '@seamtrace/schema'
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

const refund = tool({ name: 'refund', description: 'Pays back', parameters, needsApproval: true, execute: async () => 'refunded' })
const lookUp = (execute: () => Promise<string> = async () => 'shipped') =>
  tool({ name: 'get_order', description: 'Looks up an order', parameters, execute })
const calls = (told: Run | undefined): string[] => (told?.calls ?? []).map(({ type, name, outcome }) => `${type} ${name} ${outcome}`)

describe('approvals', () => {
  test('a refusal is an answer of a person: the call is not made, and nothing has failed', async () => {
    await script([asks('refund'), { text: 'Then not.' }])
    const runs = await stage.runsOf(async () => {
      const agent = support([refund])
      const first = await run(agent, 'Refund me')
      for (const item of first.interruptions) first.state.reject(item)
      await run(agent, first.state)
    })
    expect(runs).toMatchObject([{ outcome: 'success', recovered: false, failures: [] }])
    expect(calls(runs[0])).toContain('human refund success')
    expect(calls(runs[0])).not.toContain('tool refund failure')
  })

  test(
    'a run that goes on in another process is one run',
    async () => {
      await script([asks('refund'), { text: 'Done.' }])
      const [told, ...more] = await stage.runsOf(async () => {
        const { stdout } = await inProcess('ask')
        await inProcess('answer', stdout.trim())
      })
      expect(more).toEqual([])
      expect(told).toMatchObject({ outcome: 'success', failures: [] })
      expect(calls(told)).toEqual(expect.arrayContaining(['human refund success', 'tool refund success']))
    },
    4 * LONG_MS,
  )
})

const inProcess = (...args: string[]) =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL('./openai-agents-waits.fixture.ts', import.meta.url)), ...args], {
    env: {
      PATH: process.env.PATH,
      NODE_OPTIONS: '--conditions=seamtrace-source --disable-warning=ExperimentalWarning',
      MODEL_URL: stage.modelUrl,
      OTEL_EXPORTER_OTLP_ENDPOINT: stage.recorderUrl,
    },
  })

describe('streams', () => {
  test('a run that is read as it comes is told like another', async () => {
    await script([asks('get_order'), { text: 'On its way.' }])
    const [told] = await stage.runsOf(async () => {
      const stream = await run(support([lookUp()]), 'Where is it?', { stream: true })
      for await (const _ of stream);
      await stream.completed
    })
    expect(told).toMatchObject({ pipeline: 'Support', outcome: 'success', outputTokens: 40 })
    expect(calls(told)).toEqual(['model gpt-5 success', 'tool get_order success', 'model gpt-5 success'])
  })

  test('a run whose reader aborts is cancelled: it neither waits nor fails', async () => {
    await script([asks('get_order'), { text: 'Never read.' }])
    const stop = new AbortController()
    const [told] = await stage.runsOf(async () => {
      const getOrder = lookUp(async () => {
        stop.abort()
        return 'shipped'
      })
      const stream = await run(support([getOrder]), 'Where is it?', { stream: true, signal: stop.signal })
      for await (const _ of stream);
      await stream.completed.catch(() => {})
    })
    expect(told).toMatchObject({ outcome: 'cancelled', failures: [] })
  })

  test('a run whose reader leaves while the model asks for a tool is cancelled', async () => {
    await script([asks('get_order'), { text: 'Never read.' }])
    const [told] = await stage.runsOf(async () => {
      const stream = await run(support([lookUp()]), 'Where is it?', { stream: true })
      for await (const _ of stream) break
      await stream.completed.catch(() => {})
    })
    expect(told).toMatchObject({ outcome: 'cancelled', failures: [] })
    expect(calls(told).filter((call) => call.startsWith('human'))).toEqual([])
  })
})

describe('agents inside', () => {
  test('an agent that serves as a tool stands below it, and is no handoff', async () => {
    await script([{ tools: [{ name: 'ask_expert', arguments: { input: 'Where?' } }] }, { text: 'In Rome.' }, { text: 'It is in Rome.' }])
    const expert = new Agent({ name: 'Expert', instructions: 'Know.', model: 'gpt-5' })
    const asTool = expert.asTool({ toolName: 'ask_expert', toolDescription: 'Knows' })
    const runs = await stage.runsOf(() => run(support([asTool]), 'Where is it?'))
    expect(runs).toMatchObject([{ pipeline: 'Support', outcome: 'success', failures: [] }])
    expect(runs[0]?.steps.map(({ name, parent }) => [name, parent])).toEqual([
      ['Support', ''],
      ['Expert', 'Support'],
    ])
    expect(runs[0]?.handoffs.filter(({ mode, from }) => mode === 'pass_control' && from !== 'start')).toEqual([])
  })

  test('a run inside a tool is a part of the run around it', async () => {
    await script([asks('get_order'), { text: 'In Rome.' }, { text: 'It is in Rome.' }])
    const expert = new Agent({ name: 'Expert', instructions: 'Know.', model: 'gpt-5' })
    const getOrder = lookUp(async () => String((await run(expert, 'Where?')).finalOutput))
    const runs = await stage.runsOf(() => run(support([getOrder]), 'Where is it?'))
    expect(runs).toMatchObject([{ pipeline: 'Support', outcome: 'success', failures: [] }])
    expect(runs[0]?.steps.map(({ name }) => name)).toContain('Expert')
  })

  test('without sensitive data it is told like another, by names and sizes', async () => {
    await script([asks('get_order'), { text: 'On its way.' }])
    const runner = new agents.Runner({ traceIncludeSensitiveData: false })
    const [told] = await stage.runsOf(() => runner.run(support([lookUp()]), 'Where is it?'))
    expect(told).toMatchObject({ pipeline: 'Support', outcome: 'success', failures: [], outputTokens: 40 })
    expect(calls(told).map((call) => call.split(' ')[0])).toEqual(['model', 'tool', 'model'])
  })
})
