// What is done with each workflow, and what happens then.
import type { ScriptedAnswer } from '../../fakes/script.ts'
import type { Scenario, TrueRun } from '../../truth.ts'

export type N8nScenario = {
  /** path of the webhook that starts the workflow */
  path: string
  story: string
  /** so many times the order service answers 503 first */
  failures?: number
  script?: ScriptedAnswer[]
  /** somebody answers what the workflow waits for */
  answers?: boolean
  run: Omit<TrueRun, 'tokens'>
}

const step = (name: string, outcome: TrueRun['outcome'] = 'success', attempts = 1) => ({ name, attempts, outcome })
const chain = (...names: string[]) => names.slice(1).map((to, at) => ({ from: names[at] ?? '', to }))
const model = { type: 'model' as const, name: 'gpt-4.1-mini', attempts: 1, outcome: 'success' as const }

const BASE = { outcome: 'success', recovered: false, agents: [], calls: [], models: [], handoffs: [], failure: null } as const
const lookUp = (fetched: ReturnType<typeof step>, more: Partial<TrueRun> = {}): N8nScenario['run'] => ({
  ...BASE,
  pipeline: 'Look up order',
  steps: [step('Webhook'), fetched, step('Answer')],
  handoffs: chain('Webhook', 'Fetch order', 'Answer'),
  ...more,
  agents: [],
  calls: [],
  models: [],
})

const failed = (attempts: number): N8nScenario['run'] =>
  lookUp(step('Fetch order', 'failure', attempts), {
    outcome: 'failure',
    steps: [step('Webhook'), step('Fetch order', 'failure', attempts)],
    handoffs: chain('Webhook', 'Fetch order'),
    failure: { seam: 'Webhook→Fetch order', seamKind: 'handoff', gap: 'tool', kind: 'tool_unavailable', exhausted: attempts > 1 },
  })

const asked = { text: 'It was delivered.' }
const agent = (tool: TrueRun['calls'][number]): N8nScenario['run'] => ({
  ...BASE,
  pipeline: 'Answer ticket',
  recovered: tool.outcome === 'failure',
  agents: ['Support agent'],
  steps: [step('Webhook'), step('Support agent')],
  calls: [tool],
  models: [model, model],
  handoffs: chain('Webhook', 'Support agent'),
})
const getOrder = { type: 'tool' as const, name: 'get_order', attempts: 1, outcome: 'success' as const }
const usesTool = [{ tools: [{ name: 'get_order', arguments: {} }] }, asked]

const approval = (waits: boolean): N8nScenario['run'] => {
  const steps = [
    step('Webhook'),
    step('Ask approver'),
    step('Wait for approval', waits ? 'waiting' : 'success'),
    ...(waits ? [] : [step('Pay')]),
  ]
  return {
    ...BASE,
    pipeline: 'Approve refund',
    outcome: waits ? 'waiting' : 'success',
    agents: [],
    steps,
    calls: [],
    models: [],
    handoffs: chain(...steps.map(({ name }) => name)),
  }
}

export const SCENARIOS_OF_N8N: Partial<Record<Scenario, N8nScenario>> = {
  happy_path: { path: 'agent', story: 'An agent calls a tool and answers.', script: usesTool, run: agent(getOrder) },
  tool_error_result: {
    path: 'agent',
    story: 'The tool of an agent is refused; the agent answers all the same.',
    script: usesTool,
    failures: 1,
    run: agent({ ...getOrder, outcome: 'failure' }),
  },
  plain_answer: { path: 'retrying', story: 'A node fetches an order, another answers.', run: lookUp(step('Fetch order')) },
  retry_then_success: {
    path: 'retrying',
    story: 'A node that may try three times fetches an order, and is refused once.',
    failures: 1,
    run: lookUp(step('Fetch order', 'success', 2), { recovered: true }),
  },
  retries_exhausted: { path: 'retrying', story: 'A node that may try three times is refused each time.', failures: 3, run: failed(3) },
  tool_error: { path: 'plain', story: 'A node that fetches an order is refused.', failures: 1, run: failed(1) },
  swallowed_error: {
    path: 'careless',
    story: 'A node is refused and was told to go on with the error as its item.',
    failures: 1,
    run: lookUp(step('Fetch order', 'failure'), { recovered: true }),
  },
  human_waiting: { path: 'approval', story: 'The workflow asks for an approval, and nobody has answered yet.', run: approval(true) },
  human_interrupt: {
    path: 'approval',
    story: 'The workflow asks for an approval, gets it, and goes on.',
    answers: true,
    run: approval(false),
  },
  handoff: {
    path: 'sequence',
    story: 'Four nodes, each after the other.',
    run: {
      ...BASE,
      pipeline: 'Check order',
      agents: [],
      steps: [step('Webhook'), step('Check price'), step('Check stock'), step('Merge')],
      calls: [],
      models: [],
      handoffs: chain('Webhook', 'Check price', 'Check stock', 'Merge'),
    },
  },
  parallel: {
    path: 'parallel',
    story: 'Two branches are merged; n8n runs one after the other.',
    run: {
      ...BASE,
      pipeline: 'Check order',
      agents: [],
      steps: [step('Webhook'), step('Check stock'), step('Check price'), step('Merge')],
      calls: [],
      models: [],
      handoffs: [
        { from: 'Webhook', to: 'Check stock' },
        { from: 'Webhook', to: 'Check price' },
        { from: 'Check stock', to: 'Merge' },
        { from: 'Check price', to: 'Merge' },
      ],
    },
  },
}
