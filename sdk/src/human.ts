// Asking a person: approval, input, escalation, review. A denial is an answer, not an error.
import { SEAMTRACE } from '@seamtrace/schema/words'
import { optionsAndBody } from './arguments.ts'
import { contentAttribute, nameOf } from './redact.ts'
import { runUnit } from './unit.ts'

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
  const name = nameOf(given)
  const [options, fn] = optionsAndBody<HumanOptions, () => T>(first, second)
  return runUnit(
    {
      kind: 'human',
      name: `human ${name}`,
      attributes: () => ({
        [SEAMTRACE.humanName]: name,
        [SEAMTRACE.humanType]: options.type,
        [SEAMTRACE.humanRequestId]: options.requestId,
      }),
    },
    fn,
    (unit, answer) =>
      unit.span.setAttributes({ [SEAMTRACE.humanDecision]: decisionOf(answer), ...contentAttribute(SEAMTRACE.output, answer) }),
  )
}

const WORDS: Record<string, Decision> = {
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
}

function decisionOf(answer: Answer): Decision {
  const word = typeof answer === 'string' ? answer : answer.decision
  return WORDS[word.trim().toLowerCase()] ?? 'answered'
}
