// What the AI SDK tells of an answer of a model, and of an error on the way to it, as attributes.
import type { Attributes } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { count, type Fields, fields, list, text } from '../fields.ts'

/** The library has its own words for what the convention has others for. */
const FINISH: Readonly<Record<string, string>> = { 'tool-calls': 'tool_calls', 'content-filter': 'content_filter' }

/** Seconds, as OpenTelemetry's conventions have it. */
const FIRST_CHUNK = 'gen_ai.response.time_to_first_chunk'

export function modelEndAttributes({ modelId, responseId, finishReason, usage, content, performance }: Fields): Attributes {
  const { inputTokens, outputTokens, inputTokenDetails, outputTokenDetails } = fields(usage)
  const firstMs = count(fields(performance).timeToFirstOutputMs)
  const reason = text(finishReason)
  const parts = list(content).map(fields)
  const calledTools = parts.some(({ type }) => type === 'tool-call')
  return {
    [GEN_AI.responseModel]: text(modelId) || undefined,
    [GEN_AI.responseId]: text(responseId) || undefined,
    [GEN_AI.finishReasons]: reason === '' ? undefined : [FINISH[reason] ?? reason],
    [GEN_AI.inputTokens]: count(inputTokens),
    [GEN_AI.outputTokens]: count(outputTokens),
    [GEN_AI.cacheReadTokens]: count(fields(inputTokenDetails).cacheReadTokens),
    [GEN_AI.reasoningTokens]: count(fields(outputTokenDetails).reasoningTokens),
    [FIRST_CHUNK]: firstMs === undefined ? undefined : firstMs / 1000,
    [SEAMTRACE.callOutputSize]: calledTools
      ? undefined
      : parts.reduce((sum, part) => sum + (part.type === 'text' ? Buffer.byteLength(text(part.text)) : 0), 0),
  }
}

/** What the vendor asked to wait before the next try. */
export function retryAfter(error: unknown): Attributes {
  const headers = fields(fields(error).responseHeaders)
  const wait = text(headers['retry-after-ms']) || text(headers['retry-after'])
  return wait === '' ? {} : { 'http.response.header.retry-after': [wait] }
}
