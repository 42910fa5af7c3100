// What the product says about the demo's runs, asked over its HTTP API and nothing else.
import { setTimeout as sleep } from 'node:timers/promises'
import { type AlertEvent, ENDPOINTS, type EndpointName, type EndpointResponse, type GapReport, type RunSummary } from '@seamtrace/schema'
import { keyHeader } from './ask.ts'

export type Answers = {
  runs: RunSummary[]
  gaps: GapReport[]
  firing: string[]
  fired: string[]
}

type Query = Record<string, string | number | undefined>

const PAGE = 500
const POLL_MS = 250
/** Nothing new for this long: the analysis will not get further. */
const IDLE_MS = 60_000
const ALERT_MS = 90_000
const DAY_MS = 86_400_000

export type Api = { get<E extends EndpointName>(endpoint: E, query?: Query): Promise<EndpointResponse<E>> }

/**
 * @param url base address of the API, without `/api/v1`
 * @param key where the server needs one
 */
export const openApi = (url: string, key?: string): Api => ({
  get: async (endpoint, query = {}) => {
    const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
    const address = `${url}/api/v1${ENDPOINTS[endpoint].path}?${new URLSearchParams(given)}`
    const response = await fetch(address, { headers: keyHeader(key) })
    if (!response.ok) throw new Error(`${address} answered ${response.status}: ${await response.text()}`)
    return ENDPOINTS[endpoint].response.parse(await response.json()) as EndpointResponse<typeof endpoint>
  },
})

/** Waits until as many runs as there are in truth are analyzed and none is pending, or nothing moves any more. */
export const untilAnalyzed = async (api: Api, runs: number): Promise<void> => {
  let last = ''
  for (let idleSince = Date.now(); Date.now() - idleSince < IDLE_MS; await sleep(POLL_MS)) {
    const { storedRuns, pendingTraces, storedSpans } = await api.get('ingest')
    if (pendingTraces === 0 && storedRuns >= runs) return
    const now = JSON.stringify([storedRuns, pendingTraces, storedSpans])
    if (now !== last) idleSince = Date.now()
    last = now
  }
}

/** Waits until every rule was evaluated after `sinceMs`; answers at once when there are no rules. */
export const untilAlertsEvaluated = async (api: Api, sinceMs: number): Promise<void> => {
  for (const start = Date.now(); Date.now() - start < ALERT_MS; await sleep(POLL_MS)) {
    const { items } = await api.get('alertRules')
    if (items.every(({ evaluatedAt }) => Date.parse(evaluatedAt) > sinceMs)) return
  }
}

/** Whether an earlier demo has filled this store: its runs must not come twice. */
export const hasHistory = async (api: Api): Promise<boolean> =>
  (await api.get('runs', { ...always(), q: 'support-refund-000001', limit: 1 })).items.length > 0

const always = () => ({ from: new Date(Date.now() - 10 * DAY_MS).toISOString(), to: new Date(Date.now() + DAY_MS).toISOString() })

export const readAnswers = async (api: Api): Promise<Answers> => {
  const window = always()
  const pipelines = (await api.get('pipelines', window)).items.map(({ pipeline }) => pipeline)
  const gaps: GapReport[] = []
  for (const pipeline of pipelines) gaps.push(await api.get('gap', { ...window, pipeline }))
  const rules = (await api.get('alertRules')).items
  const events: AlertEvent[] = (await api.get('alertEvents', { limit: PAGE })).items
  return {
    runs: await allRuns(api, window),
    gaps,
    firing: rules.filter(({ state }) => state === 'firing').map(({ pipeline }) => pipeline),
    fired: [...new Set(events.filter(({ to }) => to === 'firing').map(({ pipeline }) => pipeline))],
  }
}

const allRuns = async (api: Api, window: Query): Promise<RunSummary[]> => {
  const runs: RunSummary[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await api.get('runs', { ...window, limit: PAGE, cursor })
    runs.push(...page.items)
    if (page.nextCursor === null) return runs
    cursor = page.nextCursor
  }
}
