// Asks a running server over its HTTP API.
import { ENDPOINTS, type Endpoint, type EndpointName, type EndpointResponse, messageOf, Problem, SeamtraceError } from '@seamtrace/schema'
import { EXIT, type Io } from './io.ts'

export type Asked = { params?: Record<string, string>; query?: Record<string, string>; body?: object }

/** Which server, and the key that it asks for. */
export type Server = { url: string; key: string | undefined }

const TIMEOUT_MS = 30_000
export const KEY_HINT = 'give it with --key or SEAMTRACE_API_KEY'

/** Carries the exit code that tells a script that a key is missing. */
export class NotAllowed extends Error {
  readonly exit = EXIT.auth
}

/** The flags of every command that asks a server. */
export const SERVER_FLAGS = { url: { type: 'string' }, key: { type: 'string' } } as const

/** `--url`, else SEAMTRACE_URL, else the default port of this machine; `--key`, else SEAMTRACE_API_KEY. */
export const serverOf = (flags: { url?: unknown; key?: unknown }, env: Io['env']): Server => {
  const url = typeof flags.url === 'string' ? flags.url : env.SEAMTRACE_URL || `http://127.0.0.1:${env.SEAMTRACE_PORT || '4319'}`
  const key = typeof flags.key === 'string' ? flags.key : env.SEAMTRACE_API_KEY
  return { url: url.replace(/\/+$/, ''), key: key?.trim() || undefined }
}

/**
 * @throws SeamtraceError unreachable when there is no answer, not_found and bad_request as the server says
 * @throws NotAllowed when the key is missing, wrong, or of another role
 */
export async function ask<E extends EndpointName>(
  { url, key }: Server,
  name: E,
  { params = {}, query = {}, body }: Asked = {},
): Promise<EndpointResponse<E>> {
  const endpoint: Endpoint = ENDPOINTS[name]
  const path = endpoint.path.replace(/:(\w+)/g, (_whole, parameter: string) => encodeURIComponent(params[parameter] ?? ''))
  const search = new URLSearchParams(query).toString()
  const response = await fetchFrom(url, `/api/v1${path}${search && `?${search}`}`, {
    method: endpoint.method ?? 'GET',
    headers: { ...keyHeader(key), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw await problemOf(response, key !== undefined)
  return (await response.json()) as EndpointResponse<E>
}

/** @throws NotAllowed for what no header can carry */
export const keyHeader = (key: string | undefined): Record<string, string> => {
  if (key === undefined) return {}
  if (!/^[\x21-\x7e]+$/.test(key)) throw new NotAllowed('cannot send this key: it holds characters that no key has')
  return { authorization: `Bearer ${key}` }
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

async function problemOf(response: Response, hasKey: boolean): Promise<Error> {
  const problem = Problem.safeParse(await response.json().catch(() => null))
  const detail = problem.success ? problem.data.detail : `the server answered ${response.status}`
  if (response.status === 401) return new NotAllowed(`${detail}; ${hasKey ? 'is it the key of this server?' : KEY_HINT}`)
  if (response.status === 403) return new NotAllowed(detail)
  if (response.status === 404) return new SeamtraceError('not_found', detail)
  if (response.status === 400) return new SeamtraceError('bad_request', detail)
  if (response.status === 503) return new SeamtraceError('unavailable', detail)
  return new SeamtraceError('internal', detail)
}

// fetch says "fetch failed"; the reason is its cause, and behind several addresses the cause of the first
export function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  return messageOf(first) || String((first as { code?: unknown }).code ?? first)
}
