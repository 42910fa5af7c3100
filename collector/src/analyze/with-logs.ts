// Joins what log records tell to their spans. A record fills in what its span leaves out; it never turns how the span ended.
import type { Attributes, AttributeValue, RecognizedSpan } from '@seamtrace/schema'
import { anyText } from '../recognize/any-text.ts'
import { failureKindOfError } from '../recognize/failure-kind.ts'
import { lacksKey } from '../recognize/missing-key.ts'
import type { CallFact, ErrorFact, LiveFact, LogFact, MessageFact } from '../recognize/recognize-log.ts'
import { analyzedAttributes } from './analyzed-keys.ts'
import { INPUT_KEYS } from './unit.ts'

type ToldFact = Exclude<LogFact, LiveFact>
type JoinedFact = CallFact | ErrorFact | MessageFact

const placeOf = (traceId: string, spanId: string): string => `${traceId}/${spanId}`

/** By time, then by what they say: the same in whatever order they came. */
const inOrder = <F extends ToldFact>(facts: readonly F[]): F[] =>
  facts.toSorted((a, b) => (a.timeUnixNano < b.timeUnixNano ? -1 : a.timeUnixNano > b.timeUnixNano ? 1 : keyOf(a) < keyOf(b) ? -1 : 1))

const textAt = (attributes: Attributes, key: string): string => {
  const value: AttributeValue | undefined = attributes.get(key)
  return typeof value === 'string' ? value : ''
}

const EXCEPTION_KEYS = ['exception.type', 'exception.message', 'exception.stacktrace']
const CALL_FIELDS = ['name', 'type', 'responseId'] as const satisfies (keyof RecognizedSpan)[]

/** What makes a fact itself: the same record may come twice. */
export const keyOf = (fact: ToldFact): string => {
  const place = `${placeOf(fact.traceId, fact.spanId)} ${fact.timeUnixNano} ${fact.kind}`
  if (fact.kind === 'message') return `${place} ${fact.role} ${fact.text}`
  if (fact.kind === 'evaluation') return [place, fact.name, fact.label, fact.score, fact.verdict, fact.responseId, fact.reason].join(' ')
  if (fact.kind === 'error') return [place, fact.span.name, ...EXCEPTION_KEYS.map((key) => textAt(fact.span.attributes, key))].join(' ')
  return [place, ...CALL_FIELDS.map((field) => fact.call[field]), anyText(fact.call.attributes)].join(' ')
}

export const eachOnce = <F extends ToldFact>(facts: readonly F[]): F[] => [
  ...new Map(inOrder(facts).map((fact) => [keyOf(fact), fact])).values(),
]

type Usage = 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'cacheWriteTokens' | 'reasoningTokens' | 'costUsd' | 'costSource'

/** Tokens where the span tells none, and an amount that was paid before one that was reckoned. */
const usageOf = (span: RecognizedSpan, call: RecognizedSpan): Pick<RecognizedSpan, Usage> => {
  const isSilent = span.inputTokens + span.outputTokens === 0
  const from = isSilent && call.inputTokens + call.outputTokens > 0 ? call : span
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = from
  const paid = span.costSource !== 'reported' && (call.costSource === 'reported' || from === call) ? call : span
  return {
    ...{ inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens },
    ...{ costUsd: paid.costUsd, costSource: paid.costSource },
  }
}

const filled = (own: Attributes, told: Attributes): Attributes => {
  const more = [...analyzedAttributes(told)].filter(([key]) => !own.has(key))
  return more.length === 0 ? own : new Map([...own, ...more])
}

const withCall = (span: RecognizedSpan, { call }: CallFact): RecognizedSpan => {
  const isModel = span.type === 'model' || span.type === 'embedding'
  // a refusal, a filter: what the end of a good call gives away. Of a failed one the error says more
  const isSoft = span.failureKind === '' && span.outcome === 'success' && call.outcome === 'success'
  const { failureKind, failureRule } = isSoft ? call : span
  const joined = {
    ...span,
    ...(isModel ? usageOf(span, call) : {}),
    ...{ failureKind, failureRule },
    model: span.model || call.model,
    provider: span.provider || call.provider,
    responseId: span.responseId || call.responseId,
    tool: span.tool || call.tool,
    verdict: span.verdict || call.verdict,
    sessionId: span.sessionId || call.sessionId,
    userId: span.userId || call.userId,
    attributes: filled(span.attributes, call.attributes),
  }
  return call.outcome === 'failure' ? withError(joined, call.errorType, call.errorMessage, () => call) : joined
}

/** Kinds that only say that something failed. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['', 'unclassified', 'exception', 'provider_error', 'tool_error'])

/** What a span that failed does not say itself. */
const withError = (
  span: RecognizedSpan,
  type: string,
  message: string,
  kindOf: (told: RecognizedSpan) => Pick<RecognizedSpan, 'failureKind' | 'failureRule'>,
): RecognizedSpan => {
  if (span.outcome !== 'failure' || span.errorMessage !== '' || (type === '' && message === '')) return span
  const told = { ...span, errorType: span.errorType || type, errorMessage: message }
  if (span.failureRule === 'declared' || !SAYS_NOTHING.has(span.failureKind)) return told
  const { failureKind, failureRule } = kindOf(told)
  return { ...told, failureKind, failureRule }
}

const withException = (span: RecognizedSpan, { span: record }: ErrorFact): RecognizedSpan => {
  const message = textAt(record.attributes, 'exception.message')
  return withError(span, textAt(record.attributes, 'exception.type'), message, ({ type, errorType }) =>
    failureKindOfError({ type, errorType, message, lacksKey: lacksKey(record, type, message) }),
  )
}

const MESSAGES_KEY = 'gen_ai.input.messages'

/** What an inference was asked, only so that asking it again can be told. */
const withMessages = (span: RecognizedSpan, messages: readonly MessageFact[]): RecognizedSpan => {
  if (messages.every(({ text }) => text === '') || INPUT_KEYS.some((key) => span.attributes.has(key))) return span
  const input = JSON.stringify(messages.map(({ role, text }) => [role, text]))
  return { ...span, attributes: filled(span.attributes, new Map([[MESSAGES_KEY, input]])) }
}

const joined = (span: RecognizedSpan, facts: readonly JoinedFact[]): RecognizedSpan => {
  let told = span
  const messages: MessageFact[] = []
  for (const fact of eachOnce(facts)) {
    if (fact.kind === 'message') messages.push(fact)
    else told = fact.kind === 'call' ? withCall(told, fact) : withException(told, fact)
  }
  return messages.length > 0 ? withMessages(told, messages) : told
}

/** Below a tool or a person, the spans that are how it works: what is told of one is told of the call. */
const IS_INNER: ReadonlySet<string> = new Set(['attempt', 'retry', 'other'])
const MOST_INNER = 3

/** The span that a call's record is about: the one it points at or is inside of, else the one with its response id. */
const spanOfCall = (fact: CallFact, spans: ReadonlyMap<string, RecognizedSpan>, responses: ReadonlyMap<string, RecognizedSpan>) => {
  const { type, responseId } = fact.call
  let at = spans.get(placeOf(fact.traceId, fact.spanId))
  for (let levels = 0; at && at.type !== type && IS_INNER.has(at.type) && levels < MOST_INNER; levels++)
    at = spans.get(placeOf(at.traceId, at.parentSpanId))
  if (at?.type === type) return at
  return responseId === '' ? undefined : responses.get(`${fact.traceId}/${responseId}`)
}

/**
 * The spans with what their log records tell. Records of spans that have not come wait until they do.
 * @param facts also such as are joined elsewhere (evaluations, open-runs.ts)
 */
export const withLogs = (spans: readonly RecognizedSpan[], facts: readonly LogFact[]): readonly RecognizedSpan[] => {
  const told = facts.filter((fact) => fact.kind !== 'evaluation' && fact.kind !== 'live')
  if (told.length === 0) return spans
  const byPlace = new Map(spans.map((span) => [placeOf(span.traceId, span.spanId), span]))
  const isModel = ({ type, responseId }: RecognizedSpan): boolean => type === 'model' && responseId !== ''
  const byResponse = new Map(spans.filter(isModel).map((span) => [`${span.traceId}/${span.responseId}`, span]))
  const ofSpan = Map.groupBy(told, (fact) => {
    if (fact.kind !== 'call') return placeOf(fact.traceId, fact.spanId)
    const span = spanOfCall(fact, byPlace, byResponse)
    return span ? placeOf(span.traceId, span.spanId) : ''
  })
  return spans.map((span) => {
    const own = ofSpan.get(placeOf(span.traceId, span.spanId))
    return own ? joined(span, own) : span
  })
}
