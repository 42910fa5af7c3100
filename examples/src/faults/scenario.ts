// What the world around a run is like, apart from its fault: people, urgency, interruptions.
import type { FailureKind } from '@seamtrace/schema'
import type { Line } from './kinds.ts'
import type { Random } from './random.ts'

export type Scenario = {
  seed: number
  /** a person is asked: the refund is above the limit, the triage is unsure, the job wants a decision */
  asksPerson: boolean
  /** and has not answered yet when the demo looks */
  staysWaiting: boolean
  /** milliseconds of history between the interruption and the answer */
  pauseMs: number
  /** the job asks for a look into the register */
  asksRegister: boolean
  urgent: boolean
}

/** Share of healthy runs that ask a person. */
const ASKING: Record<Line, number> = {
  'support-refund': 0.18,
  'research-brief': 0,
  'billing-v1': 0,
  'billing-v2': 0,
  'regulation-watch': 0.16,
  'intake-triage': 0.14,
}
const STILL_WAITING = 0.07
const MINUTE_MS = 60_000

/** A fault that needs a person gets one, and one that must not meet a person does not. */
export const scenarioOf = (
  line: Line,
  fault: { kind: FailureKind | null; rescued: boolean },
  random: Random,
  longestPauseMs: number,
): Scenario => {
  const failing = fault.kind !== null && !fault.rescued
  const drawn = {
    seed: random.integer(1, 2 ** 31),
    person: random.next(),
    waiting: random.next(),
    pause: random.next(),
    register: random.next(),
    urgent: random.next(),
  }
  const asksPerson = failing ? PERSON_FAULTS.has(`${line}/${fault.kind}`) : drawn.person < ASKING[line]
  return {
    seed: drawn.seed,
    asksPerson,
    staysWaiting: !failing && asksPerson && drawn.waiting < STILL_WAITING,
    pauseMs: Math.min(Math.round(MINUTE_MS * (4 + 240 * drawn.pause ** 2)), longestPauseMs),
    asksRegister: fault.kind === 'tool_unavailable' || drawn.register < 0.6,
    urgent: URGENT_FAULTS.has(`${fault.kind}`) || (!failing && drawn.urgent < 0.3),
  }
}

const PERSON_FAULTS = new Set(['regulation-watch/lost_checkpoint', 'intake-triage/deadline'])
const URGENT_FAULTS = new Set(['dropped_handoff', 'unknown_target'])
