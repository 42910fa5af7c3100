// The errors that the framework keeps as text, as errors again: class, message and status, so that they are told like thrown ones.

import { SEAMTRACE } from '@seamtrace/schema/words'
import { type Ending, endingOf } from '../../failure.ts'
import { markThrown, type Unit, whenRecording } from '../../unit.ts'
import { fields, text } from '../fields.ts'
import type { AgentsSpan } from './shapes.ts'

/** `String(error)`, which is how the framework keeps most: `MaxTurnsExceededError: Max turns (2) exceeded`. */
const THROWN = /^([A-Z]\w*): ([\s\S]*)$/
const STATUS = /^([45]\d\d)\b/
const ABORTS: ReadonlySet<string> = new Set(['AbortError', 'APIUserAbortError'])
const ABORTED = /^(?:request was aborted|this operation was aborted)/i

/** A person said no: nothing has failed. */
const REJECTED = /was manually rejected by user/

export const wasRejected = ({ error }: AgentsSpan): boolean => REJECTED.test(text(fields(error?.data).error))

/** Calls beside the one that is followed; that one went well. */
const isRemark = (message: string): boolean => message === 'Multiple handoffs requested'

/** What a span of the framework says went wrong; undefined when nothing did. */
export function toldError({ error }: AgentsSpan): Error | undefined {
  if (error === null || isRemark(error.message)) return undefined
  const data = fields(error.data)
  const cause = text(data.error)
  // it keeps the cause of a tool's error to itself, and says so in a sentence
  const said = cause === '' || cause.endsWith('details are redacted.') ? withGuardrail(error.message, text(data.guardrail)) : cause
  return errorFrom(said)
}

const withGuardrail = (message: string, guardrail: string): string => (guardrail === '' ? message : `${message}: ${guardrail}`)

function errorFrom(said: string): Error {
  const [, name = 'Error', message = said] = THROWN.exec(said) ?? []
  const status = STATUS.exec(message)?.[1]
  const error = Object.assign(new Error(message), { name }, status === undefined ? {} : { status: Number(status) })
  // it would be that of this file
  error.stack = undefined
  return error
}

/** Writes down an error that somebody told of; an abort is the caller's wish. */
export function markTold(unit: Unit, error: Error): Ending {
  if (!ABORTS.has(error.name) && !ABORTED.test(error.message)) return markThrown(unit, error)
  whenRecording(unit, () => unit.span.setAttribute(SEAMTRACE.outcome, 'cancelled'))
  return endingOf(error) === 'waiting' ? 'waiting' : 'cancelled'
}
