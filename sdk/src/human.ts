// Asking a person: approval, input, escalation, review. A denial is an answer, not an error.
import { randomBytes } from 'node:crypto'
import { context } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { optionsAndBody, optionsOf } from './arguments.ts'
import { type RunTicket, runTicket } from './handoff.ts'
import { isRecord } from './payload.ts'
import { contentAttribute, nameOf } from './redact.ts'
import { withinRun } from './run-elsewhere.ts'
import { safely } from './safe.ts'
import { scopeOf } from './scope.ts'
import { rememberIds } from './seen.ts'
import { annotate, endUnit, openUnit, type Recorded, runUnit, whenRecording } from './unit.ts'
import { warnOnce } from './warn.ts'

export type Decision = 'approved' | 'rejected' | 'edited' | 'answered' | 'expired'

export interface HumanOptions {
  type: 'approval' | 'input' | 'escalation' | 'review'
  /** id of the request in the system where people answer */
  requestId?: string
}

type Answer = string | { decision: string }

/**
 * Runs `fn`, which asks a person, and returns what it answers. Throw {@link Waiting} inside when the answer comes later: the run
 * then waits. A word other than a decision is free text: it counts as `answered` and is not recorded while content is off.
 * @example const { decision } = await human('approve refund', { type: 'approval' }, () => askInSlack(refund))
 */
export function human<T extends Answer | PromiseLike<Answer>>(given: string, first: HumanOptions, second: () => T): T {
  const [options, fn] = optionsAndBody<HumanOptions, () => T>(first, second)
  const { spec, onValue } = humanUnit(given, options)
  return runUnit(spec, fn, onValue)
}

export const humanUnit = (given: unknown, options: HumanOptions): Recorded => {
  const name = nameOf(given)
  return {
    spec: {
      kind: 'human',
      name: `human ${name}`,
      attributes: () => ({
        [SEAMTRACE.humanName]: name,
        [SEAMTRACE.humanType]: options.type,
        [SEAMTRACE.humanRequestId]: options.requestId,
      }),
    },
    onValue: (unit, answer) =>
      unit.span.setAttributes({ [SEAMTRACE.humanDecision]: decisionOf(answer), ...contentAttribute(SEAMTRACE.output, answer) }),
  }
}

/** A question to a person, as plain data: it may be stored, or travel to the process in which the person answers. */
export interface HumanRequest {
  readonly name: string
  readonly type: HumanOptions['type']
  /** 16 hex digits, or the id that was given */
  readonly requestId: string
  /** the run that waits; absent outside of one */
  readonly run?: RunTicket
}

/**
 * Records that a person was asked, and that the run waits for the answer; does not wait itself. What follows is told by {@link decide},
 * in this process or in another.
 * @example
 * const request = requestHuman('approve refund', { type: 'approval' })
 * await db.save(request)
 * throw new Waiting(`approval ${request.requestId}`)
 */
export function requestHuman(given: string, options: HumanOptions): HumanRequest {
  const { type, requestId } = safely(() => ({ ...optionsOf<HumanOptions>(options) })) ?? { type: 'approval' }
  const id = requestId === undefined ? randomBytes(8).toString('hex') : nameOf(requestId)
  const unit = openUnit(humanUnit(given, { type, requestId: id }).spec)
  annotate(unit, () => ({ [SEAMTRACE.outcome]: 'waiting' }))
  endUnit(unit)
  const { run } = scopeOf()
  return { name: nameOf(given), type, requestId: id, ...(run && { run: runTicket(run) }) }
}

/**
 * Records what a person decided on a {@link requestHuman}, as a part of the run that waits. In the process that goes on with the run, call
 * it inside `pipeline(name, { runId: request.run.id }, …)`; elsewhere (a web hook) the run waits on, until it is taken up.
 * @param answer a decision, or free text, which counts as `answered` and is not recorded while content is off
 * @example decide(await db.load(id), 'approved')
 */
export function decide(request: HumanRequest, answer: Answer): void {
  safely(() => {
    const { spec, onValue } = humanUnit(request.name, request)
    const active = context.active()
    if (wasDecided(request.requestId)) warnOnce('decided-twice', `the request ${spec.name} was decided again`)
    const { run } = request
    const unit = openUnit(spec, run !== undefined && scopeOf(active).run === undefined ? withinRun(run, active) : active)
    whenRecording(unit, () => onValue?.(unit, answer))
    endUnit(unit)
  })
}

const wasDecided = rememberIds()

const WORDS = new Map<string, Decision>(
  Object.entries({
    approve: 'approved',
    approved: 'approved',
    accept: 'approved',
    accepted: 'approved',
    yes: 'approved',
    reject: 'rejected',
    rejected: 'rejected',
    deny: 'rejected',
    denied: 'rejected',
    no: 'rejected',
    edit: 'edited',
    edited: 'edited',
    answer: 'answered',
    answered: 'answered',
    expire: 'expired',
    expired: 'expired',
    timeout: 'expired',
  } as const),
)

/** Whatever a caller without types gives is an answer. */
function decisionOf(answer: unknown): Decision {
  const word = isRecord(answer) ? answer.decision : answer
  return (typeof word === 'string' ? WORDS.get(word.trim().toLowerCase()) : undefined) ?? 'answered'
}
