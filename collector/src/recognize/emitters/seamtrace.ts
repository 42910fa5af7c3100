// Our own SDK, and programs that set our keys themselves: `seamtrace.span.kind` says what a span is, whoever made it.
import { SEAMTRACE } from '@seamtrace/schema'
import { emitter } from '../emitter.ts'

export const seamtrace = emitter({ name: 'seamtrace', marks: [SEAMTRACE.spanKind] })
