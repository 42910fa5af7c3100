// The story of a run: one sentence, made by rule, that says what happened, where, why and at what cost.
import type { Run } from '@seamtrace/schema'

const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

const dollars = (usd: number): string => (usd === 0 ? '$0' : usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`)

const times = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

/** Span text goes in shortened and on one line. */
const quote = (message: string): string => {
  const line = message.replace(/\s+/g, ' ').trim()
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}

const spent = (run: Run): string => {
  if (run.costUsd === 0) return ''
  const wasted = run.wastedUsd === 0 ? '' : run.wastedUsd === run.costUsd ? ', all wasted' : `, ${dollars(run.wastedUsd)} of it wasted`
  return `; ${dollars(run.costUsd)} spent${wasted}`
}

const rescued = (run: Run): string => {
  const names = [...new Set(run.failures.filter((failure) => failure.recovered).map((failure) => failure.seam))]
  return names.length === 0
    ? ''
    : `, rescued at ${names.slice(0, 2).join(' and ')}${names.length > 2 ? ` and ${names.length - 2} more` : ''}`
}

const failureStory = (run: Run): string => {
  const where = run.attributedTo
  const after = `Failed after ${duration(run.durationMs)}`
  if (!where) return `${after}; no seam could be charged${spent(run)}.`
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

/** @example storyOf(run) // 'Failed after 4.2 s at order_status→orders_api (tool gap, tool timeout, every attempt used up): …' */
export const storyOf = (run: Run): string => {
  const outermost = run.steps.filter(({ parent }) => parent === '').length
  switch (run.outcome) {
    case 'failure':
      return failureStory(run)
    case 'success':
      return `Succeeded in ${duration(run.durationMs)} over ${times(outermost, 'step', 'steps')}${run.recovered ? rescued(run) : ''}${spent(run)}.`
    case 'waiting':
      return waitingStory(run)
    case 'running':
      return `Running: ${times(outermost, 'step', 'steps')} so far, the end has not arrived${spent(run)}.`
    case 'cancelled':
      return `Cancelled by its caller after ${duration(run.durationMs)}${spent(run)}.`
    case 'unknown':
      return `Nothing was heard of it after ${duration(run.durationMs)}: lost or killed${spent(run)}.`
  }
}
