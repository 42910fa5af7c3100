// Recognition of log records: what one tells of the span it points at, from that record alone. Pure; docs/adr/018 says what for.
import {
  type Attributes,
  type AttributeValue,
  attributeText,
  GEN_AI,
  type LogRecord,
  OTEL,
  type RecognizedSpan,
  SEAMTRACE_EVENTS,
  type Span,
} from '@seamtrace/schema'
import { textAt } from './emitter.ts'
import { type Evaluation, evaluationOf } from './evaluation.ts'
import { type LiveFact, liveFactOf, type Place } from './live-record.ts'
import { type Message, messageOfEvent } from './message-events.ts'
import { recognize } from './recognize.ts'

export type { LiveFact } from './live-record.ts'

export type EvaluationFact = Place & { kind: 'evaluation' } & Evaluation
/** A call told as a record: recognized as the span that it would have been. */
export type CallFact = Place & { kind: 'call'; call: RecognizedSpan }
export type MessageFact = Place & { kind: 'message' } & Message
/** `span` carries the exception as spans do, for the rules that read its traceback. */
export type ErrorFact = Place & { kind: 'error'; span: Span }
export type LogFact = EvaluationFact | CallFact | MessageFact | ErrorFact | LiveFact

const CLAUDE_CODE = 'claude_code.'

/** Records before OpenTelemetry had names for events tell it as an attribute or as their body. */
const eventNameOf = ({ eventName, attributes, body, scopeName }: LogRecord): string => {
  const name = eventName || textAt(attributes, 'event.name') || (typeof body === 'string' && body.startsWith(CLAUDE_CODE) ? body : '')
  const isClaudeCode = scopeName.startsWith('com.anthropic.claude_code') || (typeof body === 'string' && body.startsWith(CLAUDE_CODE))
  return isClaudeCode && name !== '' && !name.startsWith(CLAUDE_CODE) ? `${CLAUDE_CODE}${name}` : name
}

/** What is longer is content. It stays in the store, where the same bound holds (store/read-telling-logs.ts). */
export const LONGEST_VALUE_BYTES = 16 * 1024

const isShort = (value: AttributeValue): boolean => typeof value !== 'string' || Buffer.byteLength(value) <= LONGEST_VALUE_BYTES

const shortOnly = (attributes: Attributes): Attributes => {
  for (const value of attributes.values()) if (!isShort(value)) return new Map([...attributes].filter(([, one]) => isShort(one)))
  return attributes
}

/** The record as a span, so that the tables of the emitters hold for both. */
const asSpan = (log: LogRecord, name: string, { attributes, failed = false }: { attributes: Attributes; failed?: boolean }): Span => ({
  traceId: log.traceId,
  spanId: log.spanId,
  parentSpanId: '',
  traceState: '',
  flags: 0,
  name,
  kind: 1,
  startTimeUnixNano: timeOf(log),
  endTimeUnixNano: timeOf(log),
  statusCode: failed ? 2 : 0,
  statusMessage: '',
  attributes,
  events: failed ? [{ timeUnixNano: timeOf(log), name: 'exception', attributes, droppedAttributesCount: 0 }] : [],
  links: [],
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
  resource: log.resource,
  resourceSchemaUrl: '',
  // the body or the name tells it, also where another scope hands its records on
  scopeName: name.startsWith(CLAUDE_CODE) ? 'com.anthropic.claude_code' : log.scopeName,
  scopeVersion: '',
  scopeAttributes: log.scopeAttributes,
  scopeSchemaUrl: '',
})

const timeOf = ({ timeUnixNano, observedTimeUnixNano }: LogRecord): bigint => timeUnixNano || observedTimeUnixNano

const CALL_EVENTS: ReadonlySet<string> = new Set([
  'gen_ai.client.inference.operation.details',
  'claude_code.api_request',
  'claude_code.api_error',
  'claude_code.tool_result',
  'claude_code.tool_decision',
])

/** `gen_ai.choice` tells in its body why the inference ended. */
const choiceAttributes = (attributes: Attributes, body: AttributeValue): Attributes => {
  const reason = textAt(attributes, 'finish_reason') || (body instanceof Map ? textAt(body, 'finish_reason') : '')
  const told = new Map(attributes)
  if (textAt(told, GEN_AI.operationName) === '') told.set(GEN_AI.operationName, 'chat')
  if (reason !== '') told.set(GEN_AI.finishReasons, [reason])
  return told
}

const hasException = (attributes: Attributes): boolean => attributeText(attributes, OTEL.exceptionType, OTEL.exceptionMessage) !== ''

/**
 * Recognizes one log record.
 * @returns null when it tells nothing that the analysis could use, as most records
 * @example recognizeLog(record)?.kind // 'evaluation' for an event gen_ai.evaluation.result
 */
export const recognizeLog = (log: LogRecord): LogFact | null => {
  // without a trace there is nothing that it could be joined to
  if (log.traceId === '') return null
  const place: Place = { traceId: log.traceId, spanId: log.spanId, timeUnixNano: timeOf(log) }
  const name = eventNameOf(log)
  const attributes = shortOnly(log.attributes)
  if (name === 'gen_ai.evaluation.result') {
    const evaluation = evaluationOf(attributes)
    return evaluation && { ...place, kind: 'evaluation', ...evaluation }
  }
  if (log.spanId === '') return null
  if (name === SEAMTRACE_EVENTS.spanStarted || name === SEAMTRACE_EVENTS.heartbeat)
    return liveFactOf(log, place, asSpan(log, '', { attributes }))
  if (CALL_EVENTS.has(name)) return { ...place, kind: 'call', call: recognize(asSpan(log, name, { attributes })) }
  if (name === 'gen_ai.choice')
    return { ...place, kind: 'call', call: recognize(asSpan(log, name, { attributes: choiceAttributes(attributes, log.body) })) }
  const message = messageOfEvent(name, attributes, log.body)
  if (message) return { ...place, kind: 'message', ...message }
  if (hasException(attributes)) return { ...place, kind: 'error', span: asSpan(log, name, { attributes, failed: true }) }
  return null
}
