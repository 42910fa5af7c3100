// Says once where the first run can be seen, to whoever develops the program; in production nothing is printed.
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { safely } from './safe.ts'

const [OTLP_PORT, DASHBOARD_PORT] = ['4318', '4319']

/** At a terminal, or when `NODE_ENV` is `development`; `production` and `test` are neither. */
export const isDevelopment = (environment = process.env.NODE_ENV, isTerminal = process.stderr.isTTY === true): boolean =>
  environment === 'development' || (isTerminal && environment !== 'production' && environment !== 'test')

/**
 * `SEAMTRACE_DASHBOARD_URL`, else the host that spans are sent to, where the dashboard has a port of its own; undefined where the collector
 * has another port than the usual one, since that of the dashboard cannot be known then.
 * @example dashboardOf('http://localhost:4318/v1/traces') // 'http://localhost:4319'
 */
export const dashboardOf = (tracesUrl: string): string | undefined => {
  const said = process.env.SEAMTRACE_DASHBOARD_URL?.trim().replace(/\/+$/, '')
  if (said) return said
  const url = new URL(tracesUrl)
  if (url.port !== OTLP_PORT) return undefined
  url.port = DASHBOARD_PORT
  return url.origin
}

/** A processor that only looks for the first run. */
export const announceFirstRun = (tracesUrl: string, print = (line: string): void => void process.stderr.write(line)): SpanProcessor => {
  let isDone = false
  return {
    onStart: (span) => {
      if (isDone || span.attributes[SEAMTRACE.spanKind] !== 'pipeline') return
      isDone = true
      const { traceId, spanId } = span.spanContext()
      const runId = String(span.attributes[SEAMTRACE.runId] ?? `${traceId}-${spanId}`)
      safely(() => print(`seamtrace: ${placeOf(runId, dashboardOf(tracesUrl))}\n`))
    },
    onEnd: () => {},
    forceFlush: async () => {},
    shutdown: async () => {},
  }
}

const placeOf = (runId: string, dashboard: string | undefined): string =>
  dashboard === undefined
    ? `run ${runId}; with SEAMTRACE_DASHBOARD_URL its address is told here`
    : `${dashboard}/runs/${encodeURIComponent(runId)}`
