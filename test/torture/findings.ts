// Holds what the API shows against what was sent. Pure: each function tells what is lost, doubled, corrupted or spurious.
import type { Attributes, AttributeValue, Span, SpanDetail, SpanSummary } from '@seamtrace/schema'

/** In spans; a run or a total that is wrong counts as one. */
export type Findings = { lost: number; doubled: number; corrupted: number; spurious: number; samples: string[] }

export const FAULTS = ['lost', 'doubled', 'corrupted', 'spurious'] as const
export type Fault = (typeof FAULTS)[number]

export const noFindings = (): Findings => ({ lost: 0, doubled: 0, corrupted: 0, spurious: 0, samples: [] })

const MAX_SAMPLES = 8

export const find = (findings: Findings, fault: Fault, sample: string, count = 1): void => {
  findings[fault] += count
  if (findings.samples.length < MAX_SAMPLES) findings.samples.push(`${fault}: ${sample}`)
}

type Light = Pick<SpanSummary, 'spanId' | 'traceId' | 'parentSpanId' | 'name' | 'startTimeUnixNano' | 'durationNano' | 'inputTokens'>

const lightOf = (span: Span): Omit<Light, 'inputTokens'> => ({
  spanId: span.spanId,
  traceId: span.traceId,
  parentSpanId: span.parentSpanId,
  name: span.name,
  startTimeUnixNano: span.startTimeUnixNano.toString(),
  durationNano: (span.endTimeUnixNano > span.startTimeUnixNano ? span.endTimeUnixNano - span.startTimeUnixNano : 0n).toString(),
})

/** The spans of one trace; those that were never acknowledged may be absent, yet what is there must be right. */
export const judgeSpans = (
  findings: Findings,
  expected: readonly Span[],
  shown: readonly Light[],
  hidden: number,
  isAcked: boolean,
): void => {
  const seen = new Map<string, number>()
  const known = new Map(expected.map((span) => [span.spanId, span]))
  for (const item of shown) {
    const span = known.get(item.spanId)
    seen.set(item.spanId, (seen.get(item.spanId) ?? 0) + 1)
    if (!span) find(findings, 'spurious', `span ${item.spanId} in trace ${item.traceId}`)
    else if ((seen.get(item.spanId) ?? 0) > 1) find(findings, 'doubled', `span ${item.spanId} of trace ${span.traceId}`)
    else judgeFields(findings, lightOf(span), item)
  }
  if (hidden > 0) find(findings, 'doubled', `${hidden} spans beyond the list of trace ${expected[0]?.traceId}`, hidden)
  const missing = expected.filter((span) => !seen.has(span.spanId))
  if (isAcked && missing.length > 0) {
    find(findings, 'lost', `${missing.length} of ${expected.length} spans of trace ${expected[0]?.traceId}`, missing.length)
  }
}

const judgeFields = (findings: Findings, expected: Record<string, unknown>, shown: object): void => {
  for (const [field, value] of Object.entries(expected)) {
    const found: unknown = Reflect.get(shown, field)
    if (JSON.stringify(found) === JSON.stringify(value)) continue
    const texts = [value, found].map((one) => (JSON.stringify(one) ?? 'nothing').slice(0, 120))
    return find(findings, 'corrupted', `${field} of span ${expected.spanId} is ${texts[1]} and not ${texts[0]}`)
  }
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const STATUS = ['unset', 'ok', 'error']

/** One span with everything that was sent. */
export const judgeDetail = (findings: Findings, span: Span, shown: SpanDetail): void => {
  judgeFields(
    findings,
    {
      ...lightOf(span),
      kind: KINDS[span.kind],
      statusCode: STATUS[span.statusCode],
      scopeName: span.scopeName,
      scopeVersion: span.scopeVersion,
      resource: sorted(plain(span.resource)),
      attributes: sorted(plain(span.attributes)),
      events: span.events.map((event) => ({ timeUnixNano: String(event.timeUnixNano), name: event.name, attributes: {} })),
    },
    { ...shown, attributes: sorted(shown.attributes), resource: sorted(shown.resource) },
  )
}

const sorted = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

const plain = (attributes: Attributes): Record<string, unknown> =>
  Object.fromEntries(Array.from(attributes, ([key, value]) => [key, plainValue(value)]))

/** As the API says it has it in JSON: integers beyond 2^53 as text, bytes as base64. */
const plainValue = (value: AttributeValue): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plainValue)
  if (value instanceof Map) return plain(value)
  return typeof value === 'object' && value !== null ? value.double : value
}

/** A number that counts something once: more means doubled (or made up), less means lost. */
export const judgeTotal = (findings: Findings, what: string, shown: number, least: number, most: number): void => {
  if (shown > most) find(findings, 'doubled', `${what}: ${shown}, and at most ${most} were sent`)
  if (shown < least) find(findings, 'lost', `${what}: ${shown}, and ${least} were acknowledged`)
}
