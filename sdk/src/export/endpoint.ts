// Where requests go: what the standard variables say, else the program; mended where that is no address of HTTP.
import { warnOnce } from '../warn.ts'
import type { Signal } from './request.ts'

export const PATHS: Record<Signal, string> = { traces: 'v1/traces', logs: 'v1/logs' }
const LOCAL = 'http://localhost:4318'
/** `localhost:4318`, which a URL takes for a protocol of its own */
const WITHOUT_PROTOCOL = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:\/|$)/i

/** The address of a signal; undefined where OpenTelemetry itself reads it from the standard variables. */
export function urlOf(endpoint: unknown, signal: Signal): string | undefined {
  const exact = process.env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`]?.trim()
  if (exact) return isHttp(exact) ? undefined : mended(exact)
  const base = process.env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim()
  if (base) return isHttp(base) ? undefined : below(mended(base), signal)
  if (endpoint === undefined) return undefined
  return below(isHttp(endpoint) ? endpoint : mended(endpoint), signal)
}

/** The whole address of traces is taken for what stands before it. */
const below = (base: string, signal: Signal): string => `${base.trim().replace(/(\/v1\/traces)?\/*$/, '')}/${PATHS[signal]}`

const isHttp = (given: unknown): given is string => typeof given === 'string' && /^https?:$/.test(protocolOf(given))

const protocolOf = (given: string): string => (URL.canParse(given) ? new URL(given).protocol : '')

function mended(given: unknown): string {
  const guessed = typeof given === 'string' && WITHOUT_PROTOCOL.test(given.trim()) ? `http://${given.trim()}` : ''
  const used = isHttp(guessed) ? guessed : LOCAL
  warnOnce('bad-endpoint', `cannot send to an endpoint that is no address of HTTP; sending to ${new URL(used).origin}`)
  return used
}
