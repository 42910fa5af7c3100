// What decoding yields: spans, and what had to be left out, grouped by reason.
import type { Span } from '@seamtrace/schema'

export type Rejected = { reason: string; count: number; sample: string }
export type Decoded = { spans: Span[]; rejected: Rejected[] }

const TRACE_ID = /^(?!0+$)[0-9a-f]{32}$/
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/

/** Takes a span in whose ids can identify it; its neighbors stay whatever becomes of it. */
export function takeSpan(decoded: Decoded, span: Span): void {
  if (!TRACE_ID.test(span.traceId)) return rejectSpan(decoded, 'trace id is not 16 bytes, or all zero', span.name)
  if (!SPAN_ID.test(span.spanId)) return rejectSpan(decoded, 'span id is not 8 bytes, or all zero', span.name)
  if (/^0*$/.test(span.parentSpanId)) span.parentSpanId = ''
  decoded.spans.push(span)
}

export function rejectSpan(decoded: Decoded, reason: string, name: string): void {
  const known = decoded.rejected.find((rejected) => rejected.reason === reason)
  if (known) known.count++
  else decoded.rejected.push({ reason, count: 1, sample: `span ${JSON.stringify(name.slice(0, 100))}` })
}
