// A fake of Google's Interactions API: background jobs of a managed agent that are created, polled, and may ask for something.
import { type Injector, subjectIn } from '../faults/injector.ts'
import { type FakeServer, type Request, serve } from './http-server.ts'
import type { Pace } from './pace.ts'

type Job = { id: string; topic: string; polls: number; asked: boolean; answered: boolean; approved: boolean; created: string }
type Input = string | { type: 'function_result'; name: string; call_id: string; result: unknown }[]

export type InteractionsOptions = { registerUrl: string; deadRegisterUrl: string }

const BETA = '/v1beta/interactions'
const missing = { status: 404, body: { error: { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' } } }

export const serveInteractions = (injector: Injector, pace: Pace, options: InteractionsOptions): Promise<FakeServer> => {
  const jobs = new Map<string, Job>()
  return serve(async (request) => {
    await pace.wait(120)
    if (!request.path.startsWith(BETA)) return missing
    const job = request.method === 'POST' ? createOrAnswer(jobs, request) : jobs.get(request.path.slice(BETA.length + 1))
    if (!job) return missing
    if (request.method === 'GET') job.polls += 1
    return { body: present(job, injector, options) }
  })
}

const createOrAnswer = (jobs: Map<string, Job>, { body }: Request): Job | undefined => {
  const { input, previous_interaction_id } = body as { input: Input; previous_interaction_id?: string }
  if (typeof input !== 'string') {
    const job = jobs.get(previous_interaction_id ?? '')
    const result = input[0]
    if (job && result?.name === 'approve_scope') job.approved = true
    else if (job) job.answered = true
    return job
  }
  const topic = subjectIn(input)
  const job = {
    id: `int_${topic.slice(4)}_${jobs.size}`,
    topic,
    polls: 0,
    asked: false,
    answered: false,
    approved: false,
    created: new Date().toISOString(),
  }
  jobs.set(job.id, job)
  return job
}

/** queued → in_progress → (requires_action → in_progress →) completed, or what the fault makes of it. */
const statusOf = (job: Job, injector: Injector): string => {
  const run = injector.of(job.topic)
  if (job.polls <= 1) return 'queued'
  if (run?.scenario.asksPerson && !job.approved) return 'requires_action'
  if (run?.scenario.asksRegister && !job.answered && job.polls >= 3) return 'requires_action'
  if (injector.strikes(job.topic, 'deadline') || job.polls < 5) return 'in_progress'
  return injector.strikes(job.topic, 'cost_budget') ? 'budget_exceeded' : 'completed'
}

const present = (job: Job, injector: Injector, options: InteractionsOptions): object => {
  const status = statusOf(job, injector)
  const base = {
    id: job.id,
    object: 'interaction',
    agent: 'antigravity-preview-05-2026',
    status,
    created: job.created,
    updated: new Date(Date.parse(job.created) + 1000 * job.polls).toISOString(),
    background: true,
  }
  if (status === 'requires_action') return { ...base, steps: [actionOf(job, injector, options)] }
  if (status === 'budget_exceeded')
    return {
      ...base,
      errors: [{ code: 'budget_exceeded', message: 'the budget of 2.00 USD for this interaction is used up' }],
      usage: usageOf(job),
    }
  if (status !== 'completed') return base
  return {
    ...base,
    steps: [{ type: 'model_output', content: [{ type: 'text', text: `Two amendments concern ${job.topic}.` }] }],
    usage: usageOf(job),
  }
}

const actionOf = (job: Job, injector: Injector, options: InteractionsOptions): object => {
  const run = injector.of(job.topic)
  if (run?.scenario.asksPerson && !job.approved)
    return { type: 'function_call', id: `${job.id}_scope`, name: 'approve_scope', arguments: { topic: job.topic } }
  const refused = run?.fault === 'tool_unavailable' && !run.rescued && run.scenario.seed % 2 === 0
  return {
    type: 'function_call',
    id: `${job.id}_register`,
    name: 'register_api',
    arguments: { topic: job.topic, register: refused ? options.deadRegisterUrl : options.registerUrl },
  }
}

const usageOf = (job: Job): object => ({
  total_input_tokens: 41_000 + job.polls * 700,
  total_output_tokens: 5200,
  total_thought_tokens: 9100,
  total_cached_tokens: 18_000,
  total_tool_use_tokens: 2400,
  total_tokens: 55_300 + job.polls * 700,
})

/** The public register that the job asks its client to look into. */
export const serveRegister = (injector: Injector, pace: Pace): Promise<FakeServer> =>
  serve(async ({ query }) => {
    await pace.wait(200)
    const topic = subjectIn(query.get('topic') ?? '')
    if (injector.strikes(topic, 'tool_unavailable'))
      return {
        status: 503,
        headers: { 'retry-after': '30' },
        body: { error: 'maintenance', message: 'the register is closed for maintenance' },
      }
    return {
      body: {
        topic,
        entries: [
          { id: `${topic}-e1`, status: 'in force' },
          { id: `${topic}-e2`, status: 'amended' },
        ],
      },
    }
  })
