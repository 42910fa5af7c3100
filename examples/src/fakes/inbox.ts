// The cases that come in, and the desks that look at them: what is true about a case, whatever the triage says.
import type { Injector } from '../faults/injector.ts'
import type { IntakeCase } from '../pipelines/intake-triage.ts'

const TRUE_CATEGORY = 'delivery'

/** A case as the inbox delivers it; odd ones come without a contact, whatever its type says. */
export const readCase = (runId: string, caseId: string, injector: Injector): IntakeCase => {
  const text = 'The parcel was to be here on Monday and the tracking page has not changed since.'
  const odd = injector.strikes(caseId, 'exception')
  return { runId, caseId, text, ...(odd ? {} : { contact: { name: 'A. Sender', email: 'sender@example.test' } }) } as IntakeCase
}

/** Nobody at a desk takes a case that belongs elsewhere. */
export const acknowledge = async (_desk: string, accepted: { category: string }): Promise<{ misrouted: boolean }> => ({
  misrouted: accepted.category !== TRUE_CATEGORY,
})
