// Plain code with the SDK: steps in a row, whose work goes from one to the next by tickets, as through a queue.
import { type Handoff, handoff, pipeline, step } from '@seamtrace/sdk'
import { Aborted, audit, judged, type State, work } from '../stages.ts'
import type { Role } from '../vocabulary.ts'
import type { Job } from '../world.ts'

/** What a step does with what it is given. */
export type Work = (job: Job, role: Role, given: State) => Promise<State>

const DRAFTS = 3

/** What arrives of what was sent. */
const transported = (job: Job, role: Role, payload: State): State | string => {
  const text = JSON.stringify(payload)
  if (job.bug(role, 'cut_in_transit')) return text.slice(0, Math.floor(text.length * 0.6))
  const { [neededBy(job, role)]: lost, ...rest } = payload
  return job.bug(role, 'key_lost') ? rest : payload
}

/** The key that a step cannot do without: what the one before made, or the subject. */
const neededBy = ({ drawn: { order, keys } }: Job, role: Role): string => {
  const previous = order[order.indexOf(role) - 1]
  return previous ? keys[previous] : 'subject'
}

const send = (job: Job, role: Role, payload: State): Handoff<State | string> => {
  const { steps, strangers } = job.drawn
  const to = job.bug(role, 'no_such_step') ? strangers[role] : steps[role].name
  const sent = job.bug(role, 'cut_in_transit') ? JSON.stringify(payload) : payload
  return { ...handoff(to, sent), payload: transported(job, role, payload) }
}

const receive = async (job: Job, work: Work, role: Role, ticket: Handoff<State | string>): Promise<State> => {
  const { steps, strangers } = job.drawn
  if (job.bug(role, 'no_such_step')) throw new Error(`there is no step ${strangers[role]}`)
  if (job.bug(role, 'nobody_listens')) throw new Error(`nobody has taken up the work for ${steps[role].name}`)
  const { name, layer } = steps[role]
  const needs = typeof ticket.payload === 'string' ? [] : [neededBy(job, role)]
  return step(name, { layer, handoff: ticket, needs }, async (payload) => {
    const given = (typeof payload === 'string' ? JSON.parse(payload) : payload) as State
    for (const key of needs) if (given[key] == null) throw new Error(`cannot work without ${key}`)
    return { ...given, ...(await work(job, role, given)) }
  })
}

/** The draft goes back until the check is content, or three times. */
const untilGood = async (job: Job, work: Work, given: State): Promise<State> => {
  const { execution, verification } = job.drawn.steps
  let state = given
  for (let draft = 1; ; draft++) {
    state = await step(execution.name, { layer: execution.layer, input: { ...state, draft } }, (input) => work(job, 'execution', input))
    const { pass, reason } = await step(verification.name, { layer: verification.layer, input: state }, async () => {
      const verdict = judged(job, draft)
      if (!verdict.pass && draft === DRAFTS) throw new Error(`draft ${draft} is not good enough: ${verdict.reason}`)
      return verdict
    })
    if (pass) return { ...given, ...state, [job.drawn.keys.verification]: reason }
  }
}

const loops = ({ how }: Job): boolean => how === 'never_good' || how === 'second_draft'

const steps = async (job: Job, work: Work, given: State, abort: AbortController): Promise<State> => {
  let state = given
  for (const role of job.drawn.order) {
    if (job.bug(role, 'router_says_no')) return state
    if (job.bug(role, 'aborted')) abort.abort(new Aborted('the caller went away'))
    abort.signal.throwIfAborted()
    if (role === 'execution' && loops(job)) state = await untilGood(job, work, state)
    else if (role !== 'verification' || !loops(job)) state = await receive(job, work, role, send(job, role, state))
  }
  return state
}

/** Steps in a row that do the given work. */
export const runInSteps = (job: Job, work: Work): Promise<unknown> => {
  const { pipeline: name, subject } = job.drawn
  const abort = new AbortController()
  const input = { subject, text: job.drawn.text }
  return pipeline(name, { session: subject, input, signal: abort.signal }, async (run) => {
    await steps(job, work, input, abort)
    if (job.how === 'cancelled') return run.cancel()
    audit(job)
  })
}

export const runSdk = (job: Job): Promise<unknown> => runInSteps(job, work)
