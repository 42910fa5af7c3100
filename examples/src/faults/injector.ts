// Tells the fake services, stores and queues what to do to whom; nothing else in the demo knows about faults.
import type { FailureKind } from '@seamtrace/schema'
import type { PlannedRun } from './plan.ts'

export type Injector = {
  add(run: PlannedRun): void
  remove(run: PlannedRun): void
  /** the planned run that a subject (an order, a question, a batch …) belongs to */
  of(subject: string): PlannedRun | undefined
  /** whether this call is to fail in this way: always for a lasting fault, once for one that passes */
  strikes(subject: string, kind: FailureKind): boolean
}

/** @example if (injector.strikes('ord-000017', 'tool_error')) return { status: 500 } */
export const createInjector = (): Injector => {
  const runs = new Map<string, PlannedRun>()
  const struck = new Set<string>()
  return {
    add: (run) => runs.set(run.subject, run),
    remove: (run) => {
      runs.delete(run.subject)
      struck.delete(run.subject)
    },
    of: (subject) => runs.get(subject),
    strikes: (subject, kind) => {
      const run = runs.get(subject)
      if (run?.fault !== kind) return false
      if (run.rescued && struck.has(subject)) return false
      struck.add(subject)
      return true
    },
  }
}

/** The subject that a text speaks of. */
export const subjectIn = (text: string): string => /\b(?:ord|qst|bat|top|cas)-\d{6}\b/.exec(text)?.[0] ?? ''
