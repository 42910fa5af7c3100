// For users of LangSmith: feedback on a run, as our scores of it.

import { isRecord } from '../payload.ts'
import { safely } from '../safe.ts'
import { type ScoreOptions, score } from '../score.ts'

/** A `Feedback` of `langsmith`, or what `client.createFeedback` is given (`runId` and a key beside it, or in one object). */
export interface FeedbackLike {
  key: string
  score?: number | boolean | null
  value?: unknown
  comment?: string | null
  /** of the run that is judged */
  run_id?: string | null
  runId?: string | null
  /** of its trace; equals `run_id` for the root run */
  trace_id?: string | null
  traceId?: string | null
  /** who says so: `{ type: 'api' }`, `{ type: 'model' }` */
  feedback_source?: unknown
  feedbackSourceType?: string
}

export interface FeedbackOptions extends Pick<ScoreOptions, 'run' | 'of'> {
  /** scores below these are a no, by key; a bare score says neither yes nor no */
  thresholds?: Readonly<Record<string, number>>
}

/**
 * Records feedback as a score: of the run that you name, else of the span by which LangSmith knows the run, if that came to it by
 * OpenTelemetry, else of the current run. A boolean is a verdict, a number one only with a threshold; a value that is a word is the label.
 * @example
 * const feedback = await client.createFeedback({ runId, sessionId, key: 'correct', score: 0.2 })
 * scoreFromFeedback(feedback, { thresholds: { correct: 0.5 } })
 */
export function scoreFromFeedback(feedback: FeedbackLike, options: FeedbackOptions = {}): void {
  safely(() => {
    const { key, score: given, value, comment } = feedback
    const figure = given ?? (typeof value === 'number' || typeof value === 'boolean' ? value : Number.NaN)
    score(key, figure, {
      run: options.run ?? runOf(feedback),
      of: options.of,
      threshold: options.thresholds?.[key],
      label: typeof value === 'string' ? value : undefined,
      explanation: comment ?? undefined,
      source: sourceOf(feedback),
    })
  })
}

const sourceOf = ({ feedback_source, feedbackSourceType }: FeedbackLike): string | undefined => {
  const told = isRecord(feedback_source) ? feedback_source.type : feedbackSourceType
  return typeof told === 'string' ? `langsmith ${told}` : 'langsmith'
}

const hexOf = (uuid: string | null | undefined): string => (uuid ?? '').replaceAll('-', '').toLowerCase()

/** A run that came to LangSmith by OpenTelemetry keeps its span id behind 16 zeros, its trace id as UUID. */
const SENT_BY_OTEL = /^0{16}([0-9a-f]{16})$/

function runOf(feedback: FeedbackLike): string | undefined {
  const spanId = SENT_BY_OTEL.exec(hexOf(feedback.run_id ?? feedback.runId))?.[1]
  const traceId = hexOf(feedback.trace_id ?? feedback.traceId)
  return spanId === undefined || traceId === '' ? undefined : `${traceId}-${spanId}`
}
