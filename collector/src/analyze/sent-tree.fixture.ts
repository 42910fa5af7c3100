// Trees of spans as emitters send them, for tests of the analysis: recognized by the real rules, laid out by the times they tell.
import type { RecognizedSpan } from '@seamtrace/schema'
import { recognize } from '../recognize/recognize.ts'
import { type Sent, sentSpan } from '../recognize/sent.fixture.ts'

/** `from` and `to` in ms after the start of the trace. */
export type SentTree = Sent & { from: number; to: number; children?: SentTree[] }

const START = 1_790_000_000_000_000_000n
const timeOf = (ms: number): bigint => START + BigInt(ms) * 1_000_000n

export const sentTree = (root: SentTree, scope: string): RecognizedSpan[] => {
  const spans: RecognizedSpan[] = []
  const lay = ({ from, to, children = [], ...sent }: SentTree, parentSpanId: string): void => {
    const spanId = String(spans.length + 1).padStart(16, '0')
    const span = { ...sentSpan({ scope, ...sent }), spanId, parentSpanId, startTimeUnixNano: timeOf(from), endTimeUnixNano: timeOf(to) }
    spans.push(recognize(span))
    for (const child of children) lay(child, spanId)
  }
  lay(root, '')
  return spans
}
