// Which calls were recorded below a place of the program: two instrumentations that see the same call must not count it twice.
import { type Attributes, type Context, createContextKey } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { GEN_AI } from '@seamtrace/schema/words'
import { safely } from './safe.ts'

export interface SeenCall {
  readonly kind: 'model' | 'tool'
  /** of the tool, or of the model that was asked for; empty when the span does not tell */
  readonly name: string
}

/** What was recorded below one piece of work, by whom ever. */
export interface SeenCalls {
  readonly calls: SeenCall[]
  /** ids that models gave to tool calls */
  readonly callIds: Set<string>
}

const SEEN = createContextKey('seamtrace.seen_calls')

export const watchCalls = (at: Context): Context => at.setValue(SEEN, { calls: [], callIds: new Set() } satisfies SeenCalls)

export const seenCalls = (at: Context): SeenCalls | undefined => at.getValue(SEEN) as SeenCalls | undefined

/** Below it nothing is noted: for the spans of whoever asks. */
export const unwatched = (at: Context): Context => at.deleteValue(SEEN)

/** The processor, which also notes the model and tool calls that begin, whichever instrumentation tells of them. */
export const noting = (processor: SpanProcessor): SpanProcessor => ({
  onStart: (span, parent) => {
    safely(() => noteCall(span.attributes, parent))
    processor.onStart(span, parent)
  },
  onEnd: (span) => processor.onEnd(span),
  forceFlush: () => processor.forceFlush(),
  shutdown: () => processor.shutdown(),
})

const MODEL_OPERATIONS: readonly unknown[] = ['chat', 'text_completion', 'generate_content']

function noteCall(attributes: Attributes, parent: Context): void {
  const seen = seenCalls(parent)
  if (seen === undefined) return
  const operation = attributes[GEN_AI.operationName]
  if (operation === 'execute_tool') {
    seen.calls.push({ kind: 'tool', name: String(attributes[GEN_AI.toolName] ?? '') })
    const id = attributes[GEN_AI.toolCallId]
    if (typeof id === 'string') seen.callIds.add(id)
  } else if (MODEL_OPERATIONS.includes(operation) || (operation === undefined && attributes[GEN_AI.requestModel] !== undefined)) {
    seen.calls.push({ kind: 'model', name: String(attributes[GEN_AI.requestModel] ?? '') })
  }
}
