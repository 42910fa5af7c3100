// Spans of other emitters for tests of cost: their own attributes, laid out in time; what they are for the analysis is said beside them.
import type { RecognizedSpan, SpanType } from '@seamtrace/schema'
import { usageOf } from '../recognize/usage.ts'
import { type Draft, spansOf } from './spans.fixture.ts'

export type Told = {
  as: SpanType
  model?: string
  scope?: string
  responseId?: string
  /** status ERROR */
  failed?: boolean
  cancelled?: boolean
  attributes?: Record<string, string | number>
  children?: Told[]
}

const draftOf = (told: Told, path: string): Draft => ({
  name: path,
  ...(told.attributes ? { attributes: told.attributes } : {}),
  ...(told.failed ? { error: { type: 'Error', message: 'it failed' } } : {}),
  children: (told.children ?? []).map((child, index) => draftOf(child, `${path}.${index}`)),
})

const toldByPath = (told: Told, path: string): [string, Told][] => [
  [path, told],
  ...(told.children ?? []).flatMap((child, index) => toldByPath(child, `${path}.${index}`)),
]

/** Type and model as recognition finds them for each convention; tokens and cost by the real rules. */
export const toldSpans = (root: Told, options: { trace?: number } = {}): RecognizedSpan[] => {
  const told = new Map(toldByPath(root, 'root'))
  return spansOf(draftOf(root, 'root'), options).map((span) => {
    const { as, model = '', scope = '', responseId = '', cancelled } = told.get(span.name) ?? { as: 'other' }
    const recognized = { ...span, type: as, model, responseId, scopeName: scope, ...(cancelled ? { outcome: 'cancelled' as const } : {}) }
    return { ...recognized, ...usageOf(recognized, as, model) }
  })
}
