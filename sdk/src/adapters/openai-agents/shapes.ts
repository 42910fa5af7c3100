// What is used of `@openai/agents`, by shape: the adapter imports nothing of it, so any copy and version that fits will do.
import { type Fields, fields } from '../fields.ts'

export interface AgentsTrace {
  readonly traceId: string
  readonly name: string
  readonly groupId: string | null
}

export interface AgentsSpan {
  readonly spanId: string
  readonly traceId: string
  readonly parentId: string | null
  readonly spanData: { readonly type: string }
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly error: { readonly message: string; readonly data?: unknown } | null
}

/** A `TracingProcessor`. */
export interface AgentsProcessor {
  onTraceStart(trace: AgentsTrace): Promise<void>
  onTraceEnd(trace: AgentsTrace): Promise<void>
  onSpanStart(span: AgentsSpan): Promise<void>
  onSpanEnd(span: AgentsSpan): Promise<void>
  shutdown(timeout?: number): Promise<void>
  forceFlush(): Promise<void>
}

export const dataOf = (span: AgentsSpan): Fields => fields(span.spanData)
