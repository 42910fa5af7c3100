// What spans cost at the prices of their project: lists of spans tell the same as the runs that they are in.
import { picoUsd, type RecognizedSpan, type SpanSummary, usdOf } from '@seamtrace/schema'
import { atProjectPrice, PRICED_KEYS } from '../recognize/project-cost.ts'
import { mergeAttributes, type TextMap } from '../store/cells.ts'
import { readPrices } from '../store/price-rows.ts'
import { readRows } from '../store/read.ts'
import type { Scope } from './scope.ts'
import { SPANS_OF_TRACES, type TraceParams } from './span-columns.ts'

type Row = Pick<RecognizedSpan, 'traceId' | 'spanId' | 'model' | 'provider' | 'costSource' | 'inputTokens' | 'outputTokens'> &
  Pick<RecognizedSpan, 'cachedInputTokens' | 'cacheWriteTokens' | 'reasoningTokens'> & { start: string; texts: TextMap; others: TextMap }

const PRICED_SPANS = `
SELECT lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, model, provider, cost_source AS costSource,
  input_tokens AS inputTokens, output_tokens AS outputTokens, cached_input_tokens AS cachedInputTokens,
  cache_write_tokens AS cacheWriteTokens, reasoning_tokens AS reasoningTokens, toString(start_unix_nano) AS start,
  mapFilter((key, value) -> has({keys:Array(String)}, key), attributes) AS texts,
  mapFilter((key, value) -> has({keys:Array(String)}, key), attributes_typed) AS others
FROM spans
WHERE ${SPANS_OF_TRACES} AND ({spanId:String} = '' OR span_id = toFixedString(unhex({spanId:String}), 8)) AND model != ''
ORDER BY inserted_at DESC, start_unix_nano
LIMIT 1 BY trace_id, span_id
LIMIT 20000`

type Priced = Pick<SpanSummary, 'traceId' | 'spanId' | 'costUsd' | 'costSource'>

const keyOf = ({ traceId, spanId }: Pick<SpanSummary, 'traceId' | 'spanId'>): string => `${traceId}${spanId}`

/**
 * The spans at the project's prices, where it set any for their models.
 * @param spanId of the one that is asked for, '' for all of the traces
 */
export const atProjectPrices = async <S extends Priced>(
  { store, project }: Scope,
  params: TraceParams,
  spanId: string,
  spans: readonly S[],
): Promise<S[]> => {
  const prices = await readPrices(store, project)
  if (prices.length === 0) return [...spans]
  const rows = await readRows<Row>(store, PRICED_SPANS, { ...params, spanId, keys: PRICED_KEYS })
  const costs = new Map(
    rows.flatMap(({ start, texts, others, ...row }) => {
      const span = { ...row, costUsd: null, startTimeUnixNano: BigInt(start), attributes: mergeAttributes(texts, others) }
      const priced = atProjectPrice(span, prices)
      const pico = priced.costUsd === null ? null : picoUsd(priced.costUsd)
      return priced === span ? [] : [[keyOf(row), { costUsd: pico === null ? null : usdOf(pico), costSource: priced.costSource }] as const]
    }),
  )
  return spans.map((span) => ({ ...span, ...costs.get(keyOf(span)) }))
}
