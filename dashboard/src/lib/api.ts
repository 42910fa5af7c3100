// The only place that fetches: calls an endpoint of the contract and checks its reply against the schema.
import { ENDPOINTS, type EndpointName, type EndpointResponse, Problem } from '@seamtrace/schema'
import { keyHeaders } from './key.ts'

export const API_BASE = '/api/v1'

type Scalar = string | number | null | undefined
export type Query = Readonly<Record<string, Scalar | readonly string[]>>
export type ApiRequest = { params?: Readonly<Record<string, string>>; query?: Query }

/** A call that failed: which endpoint, with which status (0 when nothing answered), and why. */
export class ApiError extends Error {
  readonly endpoint: string
  readonly status: number

  constructor(endpoint: string, status: number, message: string) {
    super(message)
    this.name = 'ApiError'
    this.endpoint = endpoint
    this.status = status
  }
}

/** Path and query of a request: null means "not asked for", '' is a value of its own (no version), lists are joined by commas. */
export const requestUrl = (path: string, { params = {}, query = {} }: ApiRequest): string => {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined) continue
    if (typeof value !== 'object') search.set(name, String(value))
    else if (value.length > 0) search.set(name, value.join(','))
  }
  const suffix = search.toString()
  return `${API_BASE}${filled}${suffix && `?${suffix}`}`
}

const problemOf = async (reply: Response): Promise<string> => {
  const parsed = Problem.safeParse(await reply.json().catch(() => null))
  return parsed.success ? `${parsed.data.title}: ${parsed.data.detail}` : `${reply.status} ${reply.statusText}`
}

/**
 * Calls one endpoint.
 * @throws ApiError when nothing answers, the answer is an error, or it does not match the contract
 */
export const callApi = async <E extends EndpointName>(name: E, request: ApiRequest, signal?: AbortSignal): Promise<EndpointResponse<E>> => {
  const { path, response } = ENDPOINTS[name]
  const reply = await fetch(requestUrl(path, request), { headers: keyHeaders(), signal: signal ?? null }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause
    throw new ApiError(path, 0, 'the collector does not answer')
  })
  if (!reply.ok) throw new ApiError(path, reply.status, await problemOf(reply))
  const checked = response.safeParse(await reply.json().catch(() => null))
  if (!checked.success) {
    const issue = checked.error.issues[0]
    throw new ApiError(path, reply.status, `the reply does not match the contract at "${issue?.path.join('.')}": ${issue?.message}`)
  }
  return checked.data as EndpointResponse<E>
}
