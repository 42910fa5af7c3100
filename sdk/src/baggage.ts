// Pipeline, run and step in W3C baggage, so that another process knows whose work it does. What comes in is a stranger's word.
import { type Context, propagation } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import type { Run } from './scope.ts'

// What the collector takes as a name.
const MOST_CHARS = 200
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f]/

/** What the collector takes for a name or an id. */
export const isWord = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MOST_CHARS && !UNPRINTABLE.test(value)

/** The context with what the next process must know. What is too long stays here. */
export function withRunBaggage(at: Context, run: Run, step: string | undefined): Context {
  const before = propagation.getBaggage(at) ?? propagation.createBaggage()
  let baggage = before
  const put = (key: string, value: string | undefined): void => {
    if (isWord(value) && baggage.getEntry(key)?.value !== value) baggage = baggage.setEntry(key, { value })
  }
  put(SEAMTRACE.pipelineName, run.pipeline)
  put(SEAMTRACE.runId, run.id)
  put(SEAMTRACE.stepName, step)
  return baggage === before ? at : propagation.setBaggage(at, baggage)
}

/** The run of another process whose work this is, if its baggage names one in the bounds. */
export function runInBaggage(at: Context): { run: Run; step: string | undefined } | undefined {
  const baggage = propagation.getBaggage(at)
  if (baggage === undefined) return undefined
  const wordOf = (key: string): string | undefined => {
    const value = baggage.getEntry(key)?.value
    return isWord(value) ? value : undefined
  }
  const [id, pipeline, step] = [wordOf(SEAMTRACE.runId), wordOf(SEAMTRACE.pipelineName), wordOf(SEAMTRACE.stepName)]
  if (id === undefined || pipeline === undefined) return undefined
  return { run: { pipeline, id, explicitId: true, traceId: '', lastStep: step }, step }
}
