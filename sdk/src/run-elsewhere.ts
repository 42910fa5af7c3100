// Where that stands which belongs to a run of another process, or to one that is over.
import { type Context, trace } from '@opentelemetry/api'
import { isWord } from './baggage.ts'
import { parseTraceparent, type RunTicket } from './handoff.ts'
import { scopeOf, withScope } from './scope.ts'

/**
 * Beside the steps of the run, below its root; below what is open at `at` where that is in the same trace. In another trace (a web hook that
 * was instrumented, a consumer of a queue) the open span would be taken for a run of its own.
 */
export function withinRun(given: RunTicket, at: Context): Context {
  const { id, pipeline } = given
  // a ticket may be a stranger's; a run that is known by its id only has no pipeline
  if (!isWord(id) || (pipeline !== '' && !isWord(pipeline))) return at
  const root = parseTraceparent(given.root)
  const scoped = withScope(at, { ...scopeOf(at), run: { pipeline, id, explicitId: true, traceId: '', root } })
  const open = trace.getSpanContext(at)
  // below the sender's own span it would be a part of the step that is done
  if (root === undefined || (open?.traceId === root.traceId && open.isRemote !== true)) return scoped
  return trace.setSpanContext(scoped, { ...root, isRemote: true })
}
