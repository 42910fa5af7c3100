// Span links inside a run: an emitter that says which span made a step begin says who handed over to it.
import type { RecognizedSpan } from '@seamtrace/schema'
import type { Node } from './tree.ts'
import { type Unit, unitsBelow } from './unit.ts'

const canBeCaused = ({ type }: RecognizedSpan): boolean => type === 'step' || type === 'agent'

/** A link into another trace tells what was taken up again, not what a step was handed. */
const causesOf = (span: RecognizedSpan): string[] =>
  canBeCaused(span) ? span.links.filter(({ traceId }) => traceId === span.traceId).map(({ spanId }) => spanId) : []

export type Causes = {
  /** the spans to which steps link, and in which unit each lies once the walk has come to it */
  places: Map<string, Unit | null>
  note(node: Node, unit: Unit): void
  /** tells every unit what made it begin; for the end of the walk */
  settle(run: Unit): void
}

/** Only spans to which a step links are remembered: most runs have none. */
export const causesIn = (spans: readonly RecognizedSpan[]): Causes => {
  const places = new Map<string, Unit | null>()
  for (const span of spans) for (const spanId of causesOf(span)) places.set(spanId, null)
  return {
    places,
    note: ({ span }, unit) => {
      if (places.has(span.spanId)) places.set(span.spanId, unit)
    },
    settle: (run) => {
      for (const unit of places.size > 0 ? unitsBelow(run) : []) {
        const found = unit.spans.flatMap(causesOf).map((spanId) => places.get(spanId))
        unit.causes = [...new Set(found.filter((cause) => cause !== undefined && cause !== null))]
      }
    },
  }
}
