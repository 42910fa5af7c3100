// A watch on regulations by a managed background agent: create the job, poll it, look up what it asks for, survive a restart.
import { handoff, pipeline, state, step, tool, Waiting } from '@seamtrace/sdk'
import type OpenAI from 'openai'
import { askModel } from './ask-model.ts'
import type { VersionedStore } from './billing-agents.ts'
import { getJson, postJson } from './http.ts'

export type WatchServices = {
  openai: OpenAI
  interactionsUrl: string
  store: VersionedStore
  /** waits between two polls */
  pause: (ms: number) => Promise<void>
}

export type Watch = { runId: string; topic: string }

type FunctionCall = { id: string; name: string; arguments: { topic: string; register?: string } }
type Interaction = {
  id: string
  status: 'queued' | 'in_progress' | 'requires_action' | 'completed' | 'failed' | 'budget_exceeded'
  updated: string
  steps?: ({ type: 'function_call' } & FunctionCall)[]
  errors?: { message: string }[]
}
type Checkpoint = { interactionId: string; callId: string }

export class BudgetExceededError extends Error {
  override name = 'BudgetExceededError'
}
export class DeadlineExceededError extends Error {
  override name = 'DeadlineExceededError'
}
export class CheckpointNotFoundError extends Error {
  override name = 'CheckpointNotFoundError'
}

const NAME = 'regulation-watch'
const VERSION = '0.9.1'
const POLL_MS = 30_000
const MAX_POLLS = 14

export const runRegulationWatch = (services: WatchServices, watch: Watch): Promise<void> =>
  pipeline(NAME, { version: VERSION, runId: watch.runId, session: watch.topic }, async () => {
    const plan = await step('plan_watch', { agent: 'planner', input: { topic: watch.topic } }, () => planWatch(services, watch))
    const ticket = handoff('monitor', plan, { mode: 'return_to_caller' })
    const findings = await step('monitor', { agent: 'antigravity', handoff: ticket }, async () => {
      const job = await interact(services, {
        agent: 'antigravity-preview-05-2026',
        background: true,
        store: true,
        input: `Watch ${watch.topic}: ${plan.registers.join(', ')}`,
      })
      return follow(services, watch, job)
    })
    await publish(watch, findings)
  })

/** Goes on, perhaps in another process, once the scope has been approved. */
export const resumeRegulationWatch = (services: WatchServices, watch: Watch): Promise<void> =>
  pipeline(NAME, { version: VERSION, runId: watch.runId, session: watch.topic }, async () => {
    const findings = await step('monitor', { agent: 'antigravity', input: { topic: watch.topic } }, async () => {
      const saved = await state('interaction_store', 'restore', { key: watch.topic }, () => services.store.get(watch.topic))
      if (!saved) throw new CheckpointNotFoundError(`no checkpoint of ${watch.topic} in interaction_store`)
      const { interactionId, callId } = saved.value as Checkpoint
      return follow(services, watch, await answer(services, interactionId, { id: callId, name: 'approve_scope' }, { approved: true }))
    })
    await publish(watch, findings)
  })

const planWatch = ({ openai }: WatchServices, { topic }: Watch): Promise<{ registers: string[]; everyDays: number }> =>
  askModel(openai, { model: 'gpt-4.1-mini', schema: 'watch_plan', system: 'Plan which registers to watch.', input: { topic } })

const interact = ({ interactionsUrl }: WatchServices, body: object): Promise<Interaction> =>
  tool('interactions', { input: body }, () => postJson<Interaction>(interactionsUrl, body))

const answer = (
  services: WatchServices,
  interactionId: string,
  call: { id: string; name: string },
  result: unknown,
): Promise<Interaction> =>
  interact(services, {
    previous_interaction_id: interactionId,
    background: true,
    input: [{ type: 'function_result', name: call.name, call_id: call.id, result }],
  })

/** Polls until the job is done, doing what it asks for on the way. */
const follow = async (services: WatchServices, watch: Watch, created: Interaction): Promise<Interaction> => {
  let job = created
  for (let poll = 1; poll <= MAX_POLLS; poll++) {
    if (job.status === 'completed') return job
    if (job.status === 'budget_exceeded') throw new BudgetExceededError(job.errors?.[0]?.message ?? 'the budget of the job is used up')
    if (job.status === 'failed') throw new Error(job.errors?.[0]?.message ?? 'the job failed')
    if (job.status === 'requires_action') job = await act(services, watch, job)
    await services.pause(POLL_MS)
    const { id, updated } = job
    job = await tool('interactions', { input: { get: id, after: updated } }, () =>
      getJson<Interaction>(`${services.interactionsUrl}/${id}`),
    )
  }
  throw new DeadlineExceededError(`job ${job.id} is still ${job.status} after ${MAX_POLLS} polls`)
}

const act = async (services: WatchServices, watch: Watch, job: Interaction): Promise<Interaction> => {
  const call = job.steps?.find(({ type }) => type === 'function_call')
  if (!call) throw new Error(`job ${job.id} asks for an action but names none`)
  if (call.name === 'approve_scope') return suspend(services, watch, { interactionId: job.id, callId: call.id })
  const { topic, register } = call.arguments
  const entries = await lookUp(topic, register ?? '')
  return answer(services, job.id, call, entries)
}

const suspend = async ({ store }: WatchServices, { topic }: Watch, checkpoint: Checkpoint): Promise<never> => {
  await state('interaction_store', 'checkpoint', { key: topic, value: checkpoint }, () => store.put(topic, checkpoint))
  throw new Waiting('approval of the scope')
}

/** The register is asked twice before the job is given up. */
const lookUp = async (topic: string, register: string): Promise<unknown> => {
  const once = () => tool('register_api', { input: { topic } }, () => getJson(`${register}/entries?topic=${topic}`))
  try {
    return await once()
  } catch {
    return once()
  }
}

const publish = ({ topic }: Watch, { id }: Interaction): Promise<unknown> =>
  step('publish', { input: { topic, interaction: id } }, async () =>
    tool('publish_notice', { input: { topic, interaction: id }, sideEffect: true }, () => ({ published: true })),
  )
