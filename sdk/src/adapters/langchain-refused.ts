// Tool calls that failed without a throw: those that LangChain refuses before the tool is called, and tools that answer with an error.
import { type Context, type Span, SpanStatusCode } from '@opentelemetry/api'
import { OTEL, SEAMTRACE } from '@seamtrace/schema/words'
import { toolUnit } from '../call.ts'
import { isRecord } from '../payload.ts'
import { boundMessage } from '../redact.ts'
import { seenCalls, unwatched } from '../seen-calls.ts'
import { annotate, endUnit, openUnit, whenRecording } from '../unit.ts'
import { textOfMessage } from './langchain-replies.ts'

export const markToolError = (span: Span, message: string): void => {
  span.setAttributes({ [SEAMTRACE.toolResultStatus]: 'error', [OTEL.errorType]: 'tool_error' })
  span.setStatus({ code: SpanStatusCode.ERROR, message: boundMessage(message) })
}

/**
 * Calls of which only the node's result tells: a tool that does not exist, or arguments that it refuses, never reach the tool, and
 * `ToolNode` makes a message of it.
 */
export function recordRefusedCalls(at: Context, input: unknown, value: unknown): void {
  const seen = seenCalls(at)
  if (seen === undefined) return
  const known = new Set(messagesIn(input).map((message) => message.tool_call_id))
  for (const message of messagesIn(value)) {
    const { status, name, tool_call_id: id } = message
    if (status !== 'error' || typeof id !== 'string' || known.has(id) || seen.callIds.has(id)) continue
    const unit = openUnit(toolUnit(name, { callId: id }).spec, unwatched(at))
    const said = textOfMessage(message)
    whenRecording(unit, () => markToolError(unit.span, said))
    if (NO_SUCH_TOOL.test(said)) annotate(unit, () => ({ [SEAMTRACE.failureKind]: 'tool_schema' }))
    endUnit(unit)
  }
}

// as ToolNode says it
const NO_SUCH_TOOL = /^Error: Tool ".*" not found/

function messagesIn(value: unknown): Record<string, unknown>[] {
  const given = Array.isArray(value) ? value : [isRecord(value) ? value.messages : undefined].flat()
  return given.flatMap((item) => (isRecord(item) && Array.isArray(item.messages) ? item.messages : [item])).filter(isRecord)
}
