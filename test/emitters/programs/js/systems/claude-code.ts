// Claude Code, run by the Claude Agent SDK as its own process, which makes its spans and log records itself.
import { mkdirSync } from 'node:fs'
import { type AgentDefinition, createSdkMcpServer, type Options, query, tool as sdkTool } from '@anthropic-ai/claude-agent-sdk'
import { z } from 'zod'
import { type Happened, handoff, MODEL_URL, main, model, must, script, tool } from '../frame.ts'

const MODEL = 'claude-sonnet-4-5'
// what Claude Code calls a tool of an MCP server
const prefixed = (name: string): string => `mcp__orders__${name}`
const QUESTION = 'Where is order A-17?'
const HOME = '/tmp/emitters/claude-code'

const text = (said: string, isError = false) => ({ content: [{ type: 'text' as const, text: said }], isError })

const orders = createSdkMcpServer({
  name: 'orders',
  version: '1.0.0',
  tools: [
    sdkTool('get_order', 'Looks up an order', { orderId: z.string() }, async ({ orderId }) => {
      if (orderId === 'A-500') throw new Error('orders database is unreachable')
      return orderId.startsWith('A-') ? text(`${orderId} is shipped`) : text('no such order: ids begin with A-', true)
    }),
    sdkTool('pay', 'Pays a refund', { amount: z.number() }, async ({ amount }) => text(`paid ${amount}`)),
  ],
})

/** What a user exports to switch the telemetry on, and what keeps the program from calling home. */
const ENVIRONMENT = {
  PATH: process.env.PATH ?? '',
  HOME,
  CLAUDE_CONFIG_DIR: `${HOME}/config`,
  ANTHROPIC_BASE_URL: MODEL_URL,
  ANTHROPIC_API_KEY: 'none',
  CLAUDE_CODE_MAX_RETRIES: '2',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  IS_SANDBOX: '1',
  CLAUDE_CODE_ENABLE_TELEMETRY: '1',
  CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: '1',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_EXPORTER_OTLP_PROTOCOL: process.env.OTEL_EXPORTER_OTLP_PROTOCOL ?? '',
  OTEL_EXPORTER_OTLP_ENDPOINT: process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? '',
  OTEL_SERVICE_NAME: process.env.OTEL_SERVICE_NAME ?? '',
}

type Ended = { subtype: string; sessionId: string }

const ask = async (prompt: string, options: Options = {}): Promise<Ended> => {
  mkdirSync(`${HOME}/work`, { recursive: true })
  const ended: Ended = { subtype: 'none', sessionId: '' }
  const run = query({
    prompt,
    options: {
      cwd: `${HOME}/work`,
      env: ENVIRONMENT,
      model: MODEL,
      systemPrompt: 'You answer questions about orders.',
      settingSources: [],
      tools: [],
      mcpServers: { orders },
      allowedTools: [prefixed('get_order')],
      ...options,
    },
  })
  try {
    for await (const message of run)
      if (message.type === 'result')
        Object.assign(ended, { subtype: message.is_error ? `error ${message.subtype}` : message.subtype, sessionId: message.session_id })
  } catch (error) {
    // the SDK throws after a result that is an error
    if (ended.subtype === 'none') throw error
  }
  return ended
}

const asksOrder = (orderId = 'A-17', match?: string) => ({
  ...(match && { match }),
  tools: [{ name: prefixed('get_order'), arguments: { orderId } }],
})
const MAIN = { agents: ['claude_code'] }

const answered = async (options?: Options): Promise<void> => {
  const { subtype } = await ask(QUESTION, options)
  must(subtype === 'success', `it ended with ${subtype}`)
}

const happyPath = async (): Promise<Happened> => {
  await script([asksOrder(), { text: 'It is on its way.' }])
  await answered()
  return {
    story: 'Claude Code calls a tool of an MCP server and answers.',
    runs: [{ ...MAIN, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const retryThenSuccess = async (): Promise<Happened> => {
  await script([{ status: 529, message: 'Overloaded' }, { text: 'It is on its way.' }])
  await answered()
  return {
    story: 'The model is overloaded once; Claude Code asks again.',
    runs: [{ ...MAIN, outcome: 'success', recovered: true, models: [model(MODEL, 2)] }],
  }
}

const retriesExhausted = async (): Promise<Happened> => {
  const limited = { status: 429, message: 'This request would exceed the rate limit' }
  await script([limited, limited, limited])
  const { subtype } = await ask(QUESTION)
  must(subtype.startsWith('error'), `it ended with ${subtype}`)
  return {
    story: 'The model refuses with 429 three times, as often as Claude Code was told to try.',
    runs: [
      {
        ...MAIN,
        outcome: 'failure',
        models: [model(MODEL, 3, 'failure')],
        failure: { seam: 'start→claude_code', seamKind: 'handoff', gap: 'error', kind: 'rate_limited', exhausted: true },
      },
    ],
  }
}

const goesPast = async (orderId: string, story: string, again: boolean): Promise<Happened> => {
  await script([asksOrder(orderId), ...(again ? [asksOrder()] : []), { text: 'It is on its way.' }])
  await answered()
  return {
    story,
    runs: [
      {
        ...MAIN,
        outcome: 'success',
        recovered: true,
        calls: [tool('get_order', 1, 'failure'), ...(again ? [tool('get_order')] : [])],
        models: Array.from({ length: again ? 3 : 2 }, () => model(MODEL)),
      },
    ],
  }
}

const REFUNDS: AgentDefinition = { description: 'Pays refunds', prompt: 'You pay refunds.', tools: [prefixed('pay')], model: 'inherit' }

/** Which subagent it is is told with the details of tools only. */
const handedOver = async (): Promise<Happened> => {
  const subagent = {
    name: 'Agent',
    arguments: { description: 'Pay a refund', prompt: 'Pay 20 for A-17', subagent_type: 'refunds', run_in_background: false },
  }
  await script([
    { match: 'Refund order A-17', tools: [subagent] },
    { match: 'You pay refunds', tools: [{ name: prefixed('pay'), arguments: { amount: 20 } }] },
    { match: 'You pay refunds', text: 'Paid 20.' },
    { text: 'Your refund is paid.' },
  ])
  const { subtype } = await ask('Refund order A-17', {
    tools: ['Agent'],
    allowedTools: ['Agent', prefixed('pay')],
    agents: { refunds: REFUNDS },
    env: { ...ENVIRONMENT, OTEL_LOG_TOOL_DETAILS: '1' },
  })
  must(subtype === 'success', `it ended with ${subtype}`)
  return {
    story: 'Claude Code gives a refund to its subagent, which pays it and reports back.',
    runs: [
      {
        outcome: 'success',
        agents: ['claude_code', 'refunds'],
        calls: [tool('pay')],
        models: Array.from({ length: 4 }, () => model(MODEL)),
        handoffs: [handoff('claude_code', 'refunds')],
      },
    ],
  }
}

const humanDenies = async (): Promise<Happened> => {
  await script([{ tools: [{ name: prefixed('pay'), arguments: { amount: 20 } }] }, { text: 'I may not pay that.' }])
  await answered({ canUseTool: async () => ({ behavior: 'deny', message: 'not today' }) })
  return {
    story: 'The tool needs a permission, a person denies it, and Claude Code answers without it.',
    runs: [
      {
        ...MAIN,
        outcome: 'success',
        calls: [{ type: 'human', name: 'permission', attempts: 1, outcome: 'success' }],
        models: [model(MODEL), model(MODEL)],
      },
    ],
  }
}

const humanInterrupt = async (): Promise<Happened> => {
  await script([{ tools: [{ name: prefixed('pay'), arguments: { amount: 20 } }] }, { text: 'Paid.' }])
  await answered({
    canUseTool: async (_tool, input) => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      return { behavior: 'allow', updatedInput: input }
    },
  })
  return {
    story: 'The tool needs a permission, and a person grants it after a while.',
    runs: [
      {
        ...MAIN,
        outcome: 'success',
        calls: [{ type: 'human', name: 'permission', attempts: 1, outcome: 'success' }, tool('pay')],
        models: [model(MODEL), model(MODEL)],
      },
    ],
  }
}

const loopLimit = async (): Promise<Happened> => {
  await script([asksOrder(), asksOrder()])
  const { subtype } = await ask(QUESTION, { maxTurns: 2 })
  must(subtype.includes('error_max_turns'), `it ended with ${subtype}`)
  return {
    story: 'The model asks for the same tool again and again, until the allowed turns are used up.',
    runs: [
      {
        ...MAIN,
        outcome: 'failure',
        calls: [tool('get_order'), tool('get_order')],
        models: [model(MODEL), model(MODEL)],
        failure: { seam: 'start→claude_code', seamKind: 'handoff', gap: 'control', kind: 'step_budget', exhausted: false },
      },
    ],
  }
}

const cachedTokens = async (): Promise<Happened> => {
  await script([{ text: 'It is on its way.', usage: { input: 2048, cached: 1920, output: 90 } }])
  await answered()
  return { story: 'Most of the prompt comes from the cache.', runs: [{ ...MAIN, outcome: 'success', models: [model(MODEL)] }] }
}

const parallel = async (): Promise<Happened> => {
  const two = { tools: ['A-17', 'A-18'].map((orderId) => ({ name: prefixed('get_order'), arguments: { orderId } })) }
  await script([two, { text: 'Both are on their way.' }])
  await answered()
  return {
    story: 'The model asks for a tool twice in one answer.',
    runs: [{ ...MAIN, outcome: 'success', calls: [tool('get_order'), tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

await main({
  emitter: 'claude-code',
  library: '@anthropic-ai/claude-agent-sdk',
  instrumentation: ['@anthropic-ai/claude-agent-sdk'],
  // its process exports before it ends
  start: () => ({ flush: async () => {} }),
  scenarios: {
    happy_path: happyPath,
    retry_then_success: retryThenSuccess,
    retries_exhausted: retriesExhausted,
    tool_error: () => goesPast('A-500', 'The tool throws; the model answers without it.', false),
    tool_error_result: () => goesPast('17', 'The tool says that it failed; the model asks again with another id.', true),
    handoff: handedOver,
    human_interrupt: humanInterrupt,
    human_denied: humanDenies,
    loop_limit: loopLimit,
    cached_tokens: cachedTokens,
    parallel,
  },
})
