// GET /alerts/events: every change of state of an alert and what became of its message, the newest first.
import type { AlertEvent, EndpointQuery, EndpointResponse } from '@seamtrace/schema'
import { readRows } from '../store/read.ts'
import { isoOf, type Scope } from './scope.ts'

export type EventRow = Pick<AlertEvent, 'eventId' | 'ruleId' | 'pipeline' | 'name' | 'from' | 'to'> & {
  atMs: number
  verdict: string
  status: AlertEvent['delivery']['status']
  attempts: number
  lastError: string
}

export const EVENT_COLUMNS = `
  event_id AS eventId, rule_id AS ruleId, pipeline, name, toUnixTimestamp64Milli(at) AS atMs, from_state AS \`from\`, to_state AS \`to\`,
  verdict, delivery_status AS status, delivery_attempts AS attempts, delivery_error AS lastError`

const EVENTS = `
SELECT ${EVENT_COLUMNS}
FROM alert_transitions FINAL
WHERE project = {project:String} AND ({pipeline:String} = '' OR pipeline = {pipeline:String})
ORDER BY at DESC, event_id DESC
LIMIT {limit:UInt32}`

export const alertEvents = async (scope: Scope, query: EndpointQuery<'alertEvents'>): Promise<EndpointResponse<'alertEvents'>> => {
  const params = { project: scope.project, pipeline: query.pipeline ?? '', limit: query.limit }
  const rows = await readRows<EventRow>(scope.store, EVENTS, params)
  return { items: rows.map(eventOf), nextCursor: null }
}

export const eventOf = ({ atMs, verdict, status, attempts, lastError, ...row }: EventRow): AlertEvent => ({
  ...row,
  at: isoOf(atMs),
  verdict: JSON.parse(verdict),
  delivery: { status, attempts, lastError },
})
