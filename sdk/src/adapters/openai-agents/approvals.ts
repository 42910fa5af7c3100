// Approvals: which calls of an agent a person was asked about, and what the person said. No span of the framework tells of either.

import type { Context } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { nameOf } from '../../redact.ts'
import { annotate, endUnit, openUnit } from '../../unit.ts'
import type { AskedCall } from './models.ts'

/** One call less: that of the name, or any, since some tools run under a name with their namespace. */
export function withoutCall(calls: readonly AskedCall[], name: string): AskedCall[] {
  const found = calls.findIndex((call) => call.name === name)
  return calls.toSpliced(Math.max(found, 0), 1)
}

/** The framework waits for a person, or went on with what the person said. */
export function recordApproval(call: AskedCall, decision: 'approved' | 'rejected' | undefined, above: Context): void {
  const name = nameOf(call.name)
  const unit = openUnit(
    {
      kind: 'human',
      name: `human ${name}`,
      attributes: () => ({
        [SEAMTRACE.humanName]: name,
        [SEAMTRACE.humanType]: 'approval',
        [SEAMTRACE.humanRequestId]: call.id || undefined,
      }),
    },
    above,
  )
  annotate(unit, () => (decision === undefined ? { [SEAMTRACE.outcome]: 'waiting' } : { [SEAMTRACE.humanDecision]: decision }))
  endUnit(unit)
}
