// The state that the tests of the LangGraph adapter share, and small answers about their spans.
import { Annotation } from '@langchain/langgraph'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { statusOf } from './spans.ts'

export const State = Annotation.Root({
  question: Annotation<string>,
  answer: Annotation<string>,
  notes: Annotation<string[]>({ reducer: (before, after) => before.concat(after), default: () => [] }),
})
export type Notes = typeof State.State

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Name, status and outcome of a span. */
export const facts = (span: ReadableSpan): unknown[] => [span.name, statusOf(span), span.attributes['seamtrace.outcome']]
