// The story of a run: one sentence, made by rule, that says what happened, where, why and at what cost.
import type { Run } from '@seamtrace/schema'

const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

const dollars = (usd: number): string => (usd === 0 ? '$0' : usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`)

const times = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

/** Span text goes in shortened and on one line. */
const quote = (message: string): string => {
  const line = message.replace(/\s+/g, ' ').trim()
  return line.length > 160 ? `${line.slice(0, 159).toWellFormed()}…` : line
}

const spent = (run: Run): string => {
  if (run.costUsd === 0) return ''
  const wasted = run.wastedUsd === 0 ? '' : run.wastedUsd === run.costUsd ? ', all wasted' : `, ${dollars(run.wastedUsd)} of it wasted`
  return `; ${dollars(run.costUsd)} spent${wasted}`
}

const listed = (names: readonly string[]): string =>
  `${names.slice(0, 2).join(' and ')}${names.length > 2 ? ` and ${names.length - 2} more` : ''}`

/** What a success went past: tries that were repeated, errors that were swallowed, handoffs that nobody received, checks that said no. */
const inSpiteOf = (run: Run, saidNo: readonly string[]): string => {
  const operations = [...run.calls, ...run.steps.flatMap((step) => step.operations)]
  const retried = operations.some((operation) => operation.recovered)
  const seams = [...new Set(run.failures.filter((failure) => failure.recovered).map((failure) => failure.seam))]
  const dropped = run.handoffs.filter((handoff) => handoff.status === 'dropped').map((handoff) => `${handoff.from}→${handoff.to}`)
  return [
    seams.length > 0 ? `${retried ? 'rescued' : 'past an error'} at ${listed(seams)}` : '',
    dropped.length > 0 ? `nobody received ${listed(dropped)}` : '',
    saidNo.length > 0 ? `${listed(saidNo)} said no` : '',
  ]
    .filter(Boolean)
    .map((part) => `, ${part}`)
    .join('')
}

const failureStory = (run: Run, saidNo: readonly string[]): string => {
  const where = run.attributedTo
  const after = `Failed after ${duration(run.durationMs)}`
  if (!where) return `${after}${saidNo.length > 0 ? `: ${listed(saidNo)} said no` : ''}; no seam could be charged${spent(run)}.`
  const failure = run.failures.find(({ spanId, kind, recovered }) => spanId === where.spanId && kind === where.kind && !recovered)
  const why = where.gap ? `${where.gap} gap, ${where.kind.replaceAll('_', ' ')}` : 'unclassified'
  const attempts = failure?.exhausted ? ', every attempt used up' : ''
  const message = failure?.message ? `: ${quote(failure.message)}` : ''
  return `${after} at ${where.seam} (${why}${attempts})${message}${spent(run)}.`
}

const waitingStory = (run: Run): string => {
  const step = run.steps.findLast(({ operations }) => operations.some((operation) => operation.outcome === 'waiting'))
  return `Waiting${step ? ` at ${step.name}` : ''} since ${new Date(Date.parse(run.startTime) + run.durationMs).toISOString().slice(0, 16).replace('T', ' ')} UTC${spent(run)}.`
}

const minuteOf = (time: string): string => `${time.slice(0, 16).replace('T', ' ')} UTC`

const placed = ({ liveness }: Run): string => (liveness?.step ? ` at ${quote(liveness.step)}` : '')

const runningStory = (run: Run, outermost: number): string => {
  const soFar = `${times(outermost, 'step', 'steps')} so far`
  if (!run.liveness) return `Running: ${soFar}, the end has not arrived${spent(run)}.`
  const { stalledSince } = run.liveness
  if (stalledSince === null) return `Running${placed(run)}: ${soFar}${spent(run)}.`
  return `Stalled${placed(run)}: nothing has begun or ended since ${minuteOf(stalledSince)}, ${soFar}${spent(run)}.`
}

/**
 * @param saidNo names of the checks whose last verdict was no
 * @example storyOf(run, []) // 'Failed after 4.2 s at order_status→orders_api (tool gap, tool timeout, every attempt used up): …'
 */
export const storyOf = (run: Run, saidNo: readonly string[]): string => {
  const outermost = run.steps.filter(({ parent }) => parent === '').length
  switch (run.outcome) {
    case 'failure':
      return failureStory(run, saidNo)
    case 'success':
      return `Succeeded in ${duration(run.durationMs)} over ${times(outermost, 'step', 'steps')}${inSpiteOf(run, saidNo)}${spent(run)}.`
    case 'waiting':
      return waitingStory(run)
    case 'running':
      return runningStory(run, outermost)
    case 'cancelled':
      return `Cancelled by its caller after ${duration(run.durationMs)}${spent(run)}.`
    case 'unknown':
      return `Nothing was heard of it after ${duration(run.durationMs)}${placed(run)}: lost or killed${spent(run)}.`
  }
}
