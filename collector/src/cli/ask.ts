// Asks a running server over its HTTP API.
import { ENDPOINTS, type EndpointName, type EndpointResponse, messageOf, Problem, SeamtraceError } from '@seamtrace/schema'
import { EXIT, type Io } from './io.ts'

export type Asked = { params?: Record<string, string>; query?: Record<string, string> }

const TIMEOUT_MS = 30_000

/** Carries the exit code that tells a script that a key is missing. */
export class NotAllowed extends Error {
  readonly exit = EXIT.auth
}

/** `--url`, else SEAMTRACE_URL, else the default port of this machine. */
export const serverUrl = (flag: unknown, env: Io['env']): string =>
  (typeof flag === 'string' ? flag : env.SEAMTRACE_URL || `http://127.0.0.1:${env.SEAMTRACE_PORT || '4319'}`).replace(/\/+$/, '')

/**
 * @throws SeamtraceError unreachable when there is no answer, not_found and bad_request as the server says
 */
export async function ask<E extends EndpointName>(
  url: string,
  endpoint: E,
  { params = {}, query = {} }: Asked = {},
): Promise<EndpointResponse<E>> {
  const path = ENDPOINTS[endpoint].path.replace(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams(query).toString()
  const response = await fetchFrom(url, `/api/v1${path}${search && `?${search}`}`)
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as EndpointResponse<E>
}

/** @throws SeamtraceError unreachable */
export async function fetchFrom(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url + path, { signal: AbortSignal.timeout(TIMEOUT_MS), ...init })
  } catch (error) {
    throw new SeamtraceError(
      'unreachable',
      `cannot reach ${url}: ${causeOf(error)}; is seamtrace running there? choose another address with --url`,
      { cause: error },
    )
  }
}

async function problemOf(response: Response): Promise<Error> {
  const problem = Problem.safeParse(await response.json().catch(() => null))
  const detail = problem.success ? problem.data.detail : `the server answered ${response.status}`
  if (response.status === 401 || response.status === 403) return new NotAllowed(detail)
  if (response.status === 404) return new SeamtraceError('not_found', detail)
  if (response.status === 400) return new SeamtraceError('bad_request', detail)
  return new SeamtraceError('internal', detail)
}

// fetch says "fetch failed"; the reason is its cause, and behind several addresses the cause of the first
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  return messageOf(first) || String((first as { code?: unknown }).code ?? first)
}
