// Google's interactions: one long inference from `create` to its end, however often it is polled and whoever goes on with it.
import { type Attributes, type Context, context, type HrTime, type Link, type SpanContext, SpanKind } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { startClock } from '../clock.ts'
import { keepOpen, release } from '../left-open.ts'
import { digestOf, isRecord } from '../payload.ts'
import { contentAttribute, nameOf } from '../redact.ts'
import { safely } from '../safe.ts'
import { type Run, scopeOf } from '../scope.ts'
import { shadowIteration } from '../stream.ts'
import { annotate, onUnitEnd, openUnit, runUnit, type Unit, type UnitSpec, whenRecording } from '../unit.ts'
import { type Bounded, bounded } from './bounded.ts'
import { memberOf, signalIn, textIn } from './fields.ts'
import { type InteractionFacts, interactionFacts } from './google-replies.ts'
import { endsPending, type Pending, settleFunctions, tellServerTools, waitForFunctions } from './google-steps.ts'
import { type Method, wrapMethod } from './methods.ts'
import { callOf, endCall, endWith, type ModelCall, openCall, passOn, within } from './model-call.ts'
import { counted, during, requestFacts, requestsOf } from './requests.ts'

/** An interaction that has not ended, as far as this process knows. */
interface Job {
  readonly call: ModelCall
  readonly run: Run | undefined
  /** where the program began it: what it does for the interaction stands there too */
  readonly around: Context
  status: string | undefined
  seen: HrTime
  /** steps that were told already */
  told: number
}

export interface Interactions {
  readonly provider: string
  readonly jobs: Bounded<string, Job>
  /** interactions that this process has seen, for links; true when they ended here */
  readonly known: Bounded<string, { context: SpanContext; ended: boolean }>
  readonly pending: Bounded<string, Pending>
}

// A process that begins work and never asks for it again would keep it all.
const MOST_JOBS = 1_000
const MOST_KNOWN = 1_000
const MOST_PENDING = 1_000

/** Those that have something open: a program that makes a client for each request leaves none behind. */
const busy = new Set<Interactions>()
let listening = false

function nowBusy(state: Interactions): void {
  if (!listening) onUnitEnd((unit) => busy.size > 0 && atUnitEnd(unit))
  listening = true
  if (state.jobs.size + state.pending.size > 0) busy.add(state)
  else busy.delete(state)
}

export function wrapInteractions(interactions: unknown, provider: string): void {
  if (typeof interactions !== 'object' || interactions === null) return
  const state: Interactions = {
    provider,
    jobs: bounded(MOST_JOBS, waits),
    known: bounded(MOST_KNOWN),
    pending: bounded(MOST_PENDING),
  }
  safely(() => countRequests(interactions))
  wrapMethod(interactions, 'create', (method, args) => create(state, method, args))
  wrapMethod(interactions, 'get', (method, args) => ask(state, method, args, 'fetch_response'))
  wrapMethod(interactions, 'cancel', (method, args) => ask(state, method, args, 'cancel_response'))
  wrapMethod(interactions, 'delete', (method, args) => ask(state, method, args, 'delete_response'))
}

/** At the HTTP client that is there: with a `fetch` of our own it would give up its dispatcher, which lets long requests live. */
function countRequests(interactions: object): void {
  const make = memberOf(interactions, 'getClient')
  if (typeof make !== 'function') return
  const http = memberOf(Reflect.apply(make, interactions, []), '_httpClient')
  wrapMethod(http, 'request', (method, args) => counted(async () => (await method(...args)) as Response))
}

/** What a run leaves open goes on without it: the inference waits. */
function atUnitEnd(unit: Unit): void {
  if (unit.kind !== 'tool' && unit.kind !== 'pipeline') return
  const { run } = scopeOf(unit.context)
  for (const state of busy) {
    if (unit.kind === 'tool') endsPending(state.pending, unit)
    else for (const [id, job] of state.jobs.entries()) if (job.run === run) forget(state, id, waits, job)
    nowBusy(state)
  }
}

/** Nobody here asks for it any more, and it may go on. */
const waits = (job: Job): void => endAs('waiting', job)

function endAs(outcome: 'waiting' | 'cancelled', { call }: Job): void {
  release(call.unit)
  annotate(call.unit, () => ({ [SEAMTRACE.outcome]: outcome }))
  endCall(call)
}

function forget(state: Interactions, id: string, end: (job: Job) => void, job: Job): void {
  state.jobs.delete(id)
  end(job)
  nowBusy(state)
}

function create(state: Interactions, method: Method, args: unknown[]): unknown {
  const [params, options] = args
  safely(() => settleFunctions(state.pending, memberOf(params, 'input')))
  const previous = safely(() => textIn(params, 'previous_interaction_id'))
  const around = context.active()
  const call = openCall(
    {
      ...specOf(
        state,
        safely(() => textIn(params, 'model') ?? textIn(params, 'agent')),
      ),
      details: () => asked(params),
      links: () => linkTo(state, previous),
    },
    safely(() => signalIn(options, 'signal') ?? signalIn(memberOf(options, 'fetch_options'), 'signal')),
  )
  const job = newJob(call, around)
  const background = memberOf(params, 'background') === true
  return answer(
    () => within(call, () => method(...args)),
    (reply) => (isStream(reply) ? watch(state, job, reply, background) : note(state, job, reply)),
    (error) => endCall(call, error),
  )
}

const newJob = (call: ModelCall, around: Context): Job => ({
  call,
  around,
  run: scopeOf(around).run,
  status: undefined,
  seen: call.unit.clock(),
  told: 0,
})

/** Passes the reply on; what is read of it cannot hurt. */
const answer = (send: () => unknown, take: (reply: unknown) => unknown, fail: (error: unknown) => void): unknown => {
  const failed = (error: unknown): never => {
    fail(error)
    throw error
  }
  try {
    return Promise.resolve(send()).then((reply) => {
      safely(() => take(reply))
      return reply
    }, failed)
  } catch (error) {
    return failed(error)
  }
}

const specOf = ({ provider }: Interactions, model: string | undefined): UnitSpec => ({
  kind: 'model',
  name: model === undefined ? 'interaction' : `interaction ${nameOf(model)}`,
  spanKind: SpanKind.CLIENT,
  attributes: () => ({ [GEN_AI.operationName]: 'generate_content', [GEN_AI.providerName]: provider, [GEN_AI.requestModel]: model }),
})

function asked(params: unknown): Attributes {
  if (!isRecord(params)) return {}
  const { model, agent, input, system_instruction, previous_interaction_id } = params
  return {
    [SEAMTRACE.callInputDigest]: digestOf({ model, agent, input, system_instruction, previous_interaction_id }),
    ...contentAttribute(SEAMTRACE.input, input),
  }
}

const linkTo = ({ known }: Interactions, id: string | undefined): Link[] => {
  const before = known.get(id ?? '')
  return before === undefined ? [] : [{ context: before.context, attributes: { [SEAMTRACE.linkType]: 'resume' } }]
}

/** Asking how it goes is a span of its own: it may fail, and takes time. What is learned belongs to the interaction. */
function ask(state: Interactions, method: Method, args: unknown[], operation: string): unknown {
  const id = safely(() => textIn({ id: args[0] }, 'id'))
  const around = context.active()
  const since = (scopeOf(around).clock ?? startClock())()
  const spec: UnitSpec = {
    kind: 'model',
    tracer: '@seamtrace/sdk/google',
    name: operation,
    spanKind: SpanKind.CLIENT,
    attributes: () => ({ [GEN_AI.operationName]: 'fetch_response', [GEN_AI.providerName]: state.provider, [GEN_AI.responseId]: id }),
  }
  const sent = (unit: Unit): unknown => {
    const requests = requestsOf(unit)
    const tell = (): void => annotate(unit, () => requestFacts(requests))
    const take = (reply: unknown): void => {
      tell()
      learn(state, id, reply, operation, { around, since })
    }
    return answer(() => during(requests, () => method(...args)), take, tell)
  }
  return runUnit(spec, sent)
}

type Asked = { around: Context; since: HrTime }

function learn(state: Interactions, id: string | undefined, reply: unknown, operation: string, asked: Asked): void {
  if (id === undefined) return
  const job = state.jobs.get(id) ?? (operation === 'fetch_response' ? takenUp(state, id, reply, asked) : undefined)
  if (job === undefined) return
  if (isStream(reply)) watch(state, job, reply, true)
  // what is deleted is never answered
  else if (operation === 'delete_response') forget(state, id, (gone) => endAs('cancelled', gone), job)
  else note(state, job, reply)
}

/** Begun by another process, or left by a run that ended: from here on it is told again, as the same response. */
function takenUp(state: Interactions, id: string, reply: unknown, { around, since }: Asked): Job | undefined {
  if (state.known.get(id)?.ended) return undefined
  const model = textIn(reply, 'model') ?? textIn(reply, 'agent')
  const unit = openUnit({ ...specOf(state, model), startTime: since, links: () => linkTo(state, id) }, around)
  return newJob(callOf(unit), around)
}

/** Takes in what the vendor says of an interaction: a new state is an event, the last one ends the span. */
function note(state: Interactions, job: Job, reply: unknown): void {
  const facts = interactionFacts(reply)
  if (facts.id === undefined) {
    endWith(job.call, facts)
    return
  }
  remember(state, facts.id, job, facts.ended)
  changed(job, facts)
  tellServerTools(job.call.unit, facts.steps.slice(job.told), job.seen, facts.ended)
  if (facts.ended) waitForFunctions(state.pending, facts.steps.slice(job.told), job.around)
  job.told = Math.max(job.told, facts.ended ? facts.steps.length : job.told)
  job.seen = job.call.unit.clock()
  if (facts.ended) {
    forget(state, facts.id, ({ call }) => endWith(call, facts), job)
    release(job.call.unit)
  } else keep(state, facts.id, job)
}

function changed(job: Job, { id, status }: InteractionFacts): void {
  if (status === undefined || status === job.status) return
  job.status = status
  const { unit } = job.call
  whenRecording(unit, () => {
    unit.span.setAttribute(GEN_AI.responseId, id ?? '')
    unit.span.addEvent('status', { [GEN_AI.responseStatus]: nameOf(status) }, unit.clock())
  })
}

function keep(state: Interactions, id: string, job: Job): void {
  const { unit } = job.call
  if (state.jobs.get(id) === undefined)
    keepOpen(unit, { name: 'interaction', giveUp: () => forget(state, id, waits, job), mayOutlive: true })
  state.jobs.set(id, job)
  nowBusy(state)
}

function remember({ known }: Interactions, id: string, job: Job, ended: boolean): void {
  known.set(id, { context: job.call.unit.span.spanContext(), ended })
}

type EventStream = object & AsyncIterable<unknown>

const isStream = (value: unknown): value is EventStream => typeof value === 'object' && value !== null && Symbol.asyncIterator in value

/** Each event of a stream carries a piece: the state, a step, or at the end the interaction. */
function watch(state: Interactions, job: Job, stream: EventStream, background: boolean): void {
  const seen = gathered()
  const done = ({ error, left }: { error?: unknown; left: boolean }): void => {
    const { id, status } = seen.interaction
    if (!left && error === undefined && status !== undefined) note(state, job, seen.interaction)
    const goesOn = background && seen.failure() === undefined && id !== undefined && state.jobs.get(id) !== undefined
    // work in the background goes on without its reader
    if (job.call.ended || goesOn) return
    if (id !== undefined) state.jobs.delete(id)
    release(job.call.unit)
    nowBusy(state)
    annotate(job.call.unit, () => ({ [GEN_AI.responseId]: id }))
    endCall(job.call, error ?? seen.failure())
  }
  const see = (event: unknown): void => {
    seen.take(event)
    const facts = interactionFacts(seen.interaction)
    // the state may come before the usage does
    if (facts.status !== undefined && !facts.ended) note(state, job, seen.interaction)
  }
  shadowIteration(stream, (make) => passOn(make() as AsyncIterator<unknown>, see, done))
}

type Gathered = {
  id?: string | undefined
  model?: string | undefined
  status?: string | undefined
  steps: unknown[]
  usage?: unknown
  errors?: unknown[]
}

/** What the events of a stream have told so far, in the shape of an interaction. */
function gathered() {
  const interaction: Gathered = { steps: [] }
  let failure: Error | undefined
  const take = (event: unknown): void => {
    const whole = memberOf(event, 'interaction')
    interaction.id = textIn(whole, 'id') ?? textIn(event, 'interaction_id') ?? interaction.id
    interaction.model = textIn(whole, 'model') ?? interaction.model
    interaction.status = textIn(whole, 'status') ?? textIn(event, 'status') ?? interaction.status
    interaction.usage = memberOf(whole, 'usage') ?? memberOf(memberOf(event, 'metadata'), 'total_usage') ?? interaction.usage
    const [steps, step, error] = ['steps', 'step', 'error'].map((key) => memberOf(key === 'steps' ? whole : event, key))
    if (Array.isArray(steps) && steps.length > 0) interaction.steps = steps
    else if (isRecord(step)) interaction.steps.push(step)
    if (!isRecord(error)) return
    const code = textIn(error, 'code')
    failure = Object.assign(new Error(textIn(error, 'message') ?? 'the stream failed'), { name: 'InteractionFailed', code })
  }
  return { interaction, take, failure: () => failure }
}
