// Addresses inside the dashboard: every link carries the time range, and every mark leads to the runs behind it.
export const RANGES = ['1h', '6h', '24h', '48h', '7d', '30d'] as const
export type Range = (typeof RANGES)[number]
export const DEFAULT_RANGE: Range = '48h'

export type LinkParams = Readonly<Record<string, string | readonly string[] | null | undefined>>

/** A path with its parameters in a stable order. Left out are null and the default range; '' is a value of its own (no version). */
export const hrefOf = (path: string, since: Range, params: LinkParams = {}): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === 'string') search.set(name, value)
    else if (value && value.length > 0) search.set(name, value.join(','))
  }
  if (since !== DEFAULT_RANGE) search.set('since', since)
  const query = search.toString()
  return query ? `${path}?${query}` : path
}

/** Failed runs, narrowed down. */
export const failedRunsHref = (since: Range, params: LinkParams): string => hrefOf('/runs', since, { outcome: 'failure', ...params })

export const runHref = (since: Range, runId: string, params: LinkParams = {}): string =>
  hrefOf(`/runs/${encodeURIComponent(runId)}`, since, params)
