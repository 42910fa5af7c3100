// What the steps of a pipeline do, written with the SDK as a user would: a service, a model, and what the step is for.
import { check, declareFailure, human, retrieval, retry, state, step, tool, Waiting } from '@seamtrace/sdk'
import { instrumentOpenAI } from '@seamtrace/sdk/openai'
import OpenAI from 'openai'
import { z } from 'zod'
import { askModel } from '../../examples/src/pipelines/ask-model.ts'
import { getJson, postJson } from '../../examples/src/pipelines/http.ts'
import { innerStep } from './truth.ts'
import type { Role } from './vocabulary.ts'
import type { Job } from './world.ts'

export type State = Record<string, unknown>
type Reply = { ok?: boolean; error?: string; version?: number; results?: State[] } & State

class TurnsExceededError extends Error {
  override name = 'MaxTurnsExceededError'
}
class BudgetExceededError extends Error {
  override name = 'BudgetExceededError'
}
export class Aborted extends Error {
  override name = 'AbortError'
}

const request = (job: Job, role: Role, path = ''): Promise<Reply | null> =>
  getJson<Reply | null>(`${job.urlOf(role)}${path}`, { signal: AbortSignal.timeout(job.timeoutMs(role)) })

/** One call of the service of a step, as what it is: a tool, a source, a store. */
const callService = (job: Job, role: Role, path = ''): Promise<Reply | null> => {
  const { services, subject } = job.drawn
  const name = services[role]
  const input = { id: subject }
  if (role === 'context') return retrieval(name, { input }, () => request(job, role, path))
  if (role === 'state')
    return state(name, job.how === 'lost_checkpoint' ? 'restore' : 'get', { key: subject }, () => request(job, role, path))
  return tool(name, { input, ...(role === 'delivery' && { sideEffect: true }) }, () => request(job, role, path))
}

/** Tries again as the program of this run does. */
export const insistently = async <T>(job: Job, role: Role, once: () => Promise<T>): Promise<T> => {
  const { drawn } = job
  const name = drawn.services[role]
  const manner = job.distracts(role) ? 'loop' : job.manner
  if (manner === 'retry') return retry(name, { attempts: drawn.tries, backoffMs: 1 }, once)
  for (let left = manner === 'loop' ? drawn.tries : 1; ; left--) {
    try {
      return await once()
    } catch (error) {
      if (left <= 1) throw error
    }
  }
}

const write = (job: Job, role: Role): Promise<unknown> =>
  state(job.drawn.services[role], 'put', { key: job.drawn.subject, value: { text: job.drawn.text } }, () =>
    postJson(`${job.urlOf(role)}/write`, { text: job.drawn.text }),
  )

/** Asks the service of a step, and looks at what it says. */
const askService = async (job: Job, role: Role): Promise<Reply> => {
  const { services, subject } = job.drawn
  const name = services[role]
  if (role === 'state' && job.how !== 'lost_checkpoint') await write(job, role)
  if (job.bug(role, 'done_twice')) await callService(job, role)
  let reply: Reply | null
  try {
    reply = await insistently(job, role, () => callService(job, role))
  } catch (error) {
    if (job.bug(role, 'falls_back')) return (await callService(job, role, '/other')) ?? {}
    if (job.bug(role, 'swallowed')) return {}
    throw error
  }
  const isEmpty = reply === null || reply.results?.length === 0
  if (isEmpty && job.how !== 'empty_and_used') throw new Error(`cannot go on with ${subject}: ${name} has nothing about it`)
  if (reply?.ok === false) throw new Error(`${name}: ${reply.error}`)
  return reply ?? {}
}

const clients = new Map<string, OpenAI>()
const clientOf = ({ modelUrl }: Job): OpenAI => {
  const known = clients.get(modelUrl) ?? instrumentOpenAI(new OpenAI({ baseURL: modelUrl, apiKey: 'sk-none' }))
  clients.set(modelUrl, known)
  return known
}

const question = ({ drawn }: Job, role: Role) => ({
  model: drawn.model,
  schema: drawn.keys[role],
  system: `You are ${drawn.steps[role].name}.`,
  input: { id: drawn.subject, text: drawn.text },
})

const previous = ({ drawn: { order } }: Job, role: Role): Role => order[order.indexOf(role) - 1] ?? role

const think = async (job: Job, role: Role): Promise<State> => {
  const asker = job.bug(role, 'asked_again') ? previous(job, role) : role
  return askModel<State>(clientOf(job), question(job, asker))
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Mistakes in the code of a step itself. */
export const ownCode = async (job: Job, role: Role, given: State): Promise<void> => {
  const { reason, subject, text } = job.drawn
  if (job.bug(role, 'throws')) throw new TypeError(`cannot read ${subject}: ${reason}`)
  if (job.bug(role, 'throws_deep')) await step(innerStep(job.drawn), () => JSON.parse(`{"${text}"`) as State)
  if (job.bug(role, 'misfits')) z.object({ id: z.string(), amount: z.number() }).parse(given)
  if (job.bug(role, 'runs_on')) throw new TurnsExceededError(`no answer about ${subject} after ${job.drawn.tries} turns`)
  if (job.bug(role, 'spends')) throw new BudgetExceededError(`${subject} has cost more than it may`)
  if (job.bug(role, 'declared')) declareFailure('skipped_step', `${subject} was never looked at`)
  if (job.bug(role, 'declared')) throw new Error(`${subject} was never looked at`)
  if (job.bug(role, 'too_late')) {
    await pause(job.timeoutMs(role))
    throw new DOMException(`${subject} took longer than ${job.timeoutMs(role)} ms`, 'TimeoutError')
  }
}

const DECISIONS: Partial<Record<Job['how'], string>> = { rejected: 'rejected', denied: 'rejected', nobody_answers: 'expired' }

const askPerson = async (job: Job): Promise<string> => {
  const { person, subject, reason } = job.drawn
  const { decision } = await human(person, { type: 'approval', requestId: subject }, async () => {
    if (job.how === 'waits') throw new Waiting(`${person} to look at ${subject}`)
    return { decision: DECISIONS[job.how] ?? 'approved' }
  })
  if (decision === 'expired') throw new Error(`${person} did not look at ${subject}`)
  if (decision === 'rejected' && job.how === 'rejected') throw new Error(`${subject} was rejected: ${reason}`)
  return decision
}

/** The verdict on the draft; the second one is better where the run is to end well. */
export const judged = (job: Job, draft: number): { pass: boolean; reason: string } => {
  const pass = job.how === 'second_draft' ? draft > 1 : job.how !== 'never_good'
  return check(`${job.drawn.services.verification} rules`, { of: job.drawn.steps.execution.name }, () => ({
    pass,
    reason: pass ? 'good' : job.drawn.reason,
  }))
}

/** Several services at once: all are needed, or the first that answers is. */
const besides = async (job: Job, role: Role): Promise<void> => {
  if (job.bug(role, 'fans_out')) await Promise.all(['/a', '/b', '/c'].map((path) => callService(job, role, path)))
  if (!job.bug(role, 'hedged')) return
  const slower = new AbortController()
  const slow = tool(job.drawn.services[role], { input: { slow: true } }, async () => {
    await new Promise((_, reject) => slower.signal.addEventListener('abort', () => reject(new Aborted('This operation was aborted'))))
  }).catch(() => undefined)
  await callService(job, role, '/b')
  slower.abort()
  await slow
}

/** Asks until the job is done. */
const poll = async (job: Job, role: Role): Promise<void> => {
  for (let left = job.drawn.tries; left > 0; left--) await callService(job, role, `/job/${left}`)
}

/** One step: what it is given, to what it hands on. */
export const work = async (job: Job, role: Role, given: State): Promise<State> => {
  const { keys, serviceFirst, text } = job.drawn
  await ownCode(job, role, given)
  if (job.bug(role, 'killed')) await job.die()
  const asks = [() => askService(job, role), () => think(job, role)]
  for (const ask of serviceFirst ? asks : asks.toReversed()) await ask()
  await besides(job, role)
  if (job.bug(role, 'polls')) await poll(job, role)
  if (role === 'human') return { [keys.human]: await askPerson(job) }
  return { [keys[role]]: `${keys[role]} of ${text}` }
}

/** The audits after the last step: whether the result is right, and whether it was sent the right way. */
export const audit = (job: Job): void => {
  const { how, drawn, role } = job
  const wrong = how === 'swallowed' || how === 'empty_and_used' || how === 'read_stale' || how === 'done_twice' || how === 'asked_again'
  check('audit', { of: 'result' }, () => ({ pass: !wrong, reason: wrong ? drawn.reason : 'fine' }))
  if (how === 'wrong_way') check('right_place', { of: drawn.steps[role].name }, () => ({ pass: false, reason: drawn.reason }))
}
