// JSON over HTTP for the examples: an answer, or an error that carries the status.

export class HttpError extends Error {
  override name = 'HttpError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

type Options = { signal?: AbortSignal; headers?: Record<string, string> }

export const getJson = async <T>(url: string, options: Options = {}): Promise<T> => JSON.parse(await getText(url, options)) as T

export const getText = async (url: string, options: Options & { method?: string; body?: string } = {}): Promise<string> => {
  const response = await fetch(url, options)
  const text = await response.text()
  if (!response.ok) throw new HttpError(response.status, `${new URL(url).pathname} answered ${response.status}: ${text.slice(0, 200)}`)
  return text
}

export const postJson = async <T>(url: string, body: unknown, options: Options = {}): Promise<T> =>
  JSON.parse(await postForText(url, body, options)) as T

export const postForText = (url: string, body: unknown, options: Options = {}): Promise<string> =>
  getText(url, {
    ...options,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...options.headers },
    body: JSON.stringify(body),
  })

/** Worth another try: time-outs, lost connections, overload; not what the server said no to. */
export const isTransient = (error: unknown): boolean => !(error instanceof HttpError) || error.status >= 500 || error.status === 429
