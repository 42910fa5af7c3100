// The people of the demo: they approve, review, take over, or never answer.
import type { Injector } from '../faults/injector.ts'
import type { Pace } from './pace.ts'

export type Question = 'refund' | 'brief' | 'triage'

/** `null`: no answer yet. */
export type People = {
  ask(question: Question, subject: string): Promise<{ decision: 'approved' | 'rejected' | 'answered' | 'expired' } | null>
}

const MINUTE_MS = 60_000

export const createPeople = (injector: Injector, pace: Pace): People => ({
  ask: async (question, subject) => {
    const scenario = injector.of(subject)?.scenario
    const seed = scenario?.seed ?? 0
    if (scenario?.staysWaiting) return null
    if (question === 'triage' && injector.strikes(subject, 'deadline')) {
      pace.pass(subject, 60 * MINUTE_MS)
      return { decision: 'expired' }
    }
    if (question === 'refund') return { decision: seed % 8 === 0 ? 'rejected' : 'approved' }
    pace.pass(subject, MINUTE_MS * (2 + (seed % 9)))
    if (question === 'brief') return { decision: injector.of(subject)?.rescued ? 'approved' : 'rejected' }
    return { decision: 'answered' }
  },
})
