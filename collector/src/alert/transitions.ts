// The table of transitions: which state each rule was last in, and which messages are still to be sent.
import type { AlertEvent, AlertState } from '@seamtrace/schema'
import { EVENT_COLUMNS, type EventRow, eventOf } from '../query/alert-events.ts'
import type { Scope } from '../query/scope.ts'
import { readRows } from '../store/read.ts'

/** What the transitions say of a rule. `alarmAtMs` is when it last left `ok`. */
export type Recorded = { ruleId: string; pipeline: string; state: AlertState; atMs: number; alarmAtMs: number }

const RECORDED = `
SELECT
  rule_id AS ruleId, argMax(pipeline, (at, event_id)) AS pipeline, argMax(to_state, (at, event_id)) AS state,
  toUnixTimestamp64Milli(max(at)) AS atMs, toUnixTimestamp64Milli(maxIf(at, from_state = 'ok')) AS alarmAtMs
FROM alert_transitions FINAL
WHERE project = {project:String}
GROUP BY rule_id`

export const readRecorded = async (scope: Scope): Promise<Map<string, Recorded>> => {
  const rows = await readRows<Recorded>(scope.store, RECORDED, { project: scope.project })
  return new Map(rows.map((row) => [row.ruleId, row]))
}

const PENDING = `
SELECT ${EVENT_COLUMNS}
FROM alert_transitions FINAL
WHERE project = {project:String} AND delivery_status = 'pending'
ORDER BY at, event_id
LIMIT 1`

/** The oldest message that is still to be sent. */
export const nextPending = async (scope: Scope): Promise<AlertEvent | undefined> => {
  const [row] = await readRows<EventRow>(scope.store, PENDING, { project: scope.project })
  return row && eventOf(row)
}

const OPENING = `
SELECT ${EVENT_COLUMNS}
FROM alert_transitions FINAL
WHERE project = {project:String} AND rule_id = {ruleId:String} AND from_state = 'ok' AND at <= fromUnixTimestamp64Milli({atMs:Int64}, 'UTC')
ORDER BY at DESC
LIMIT 1`

/** The transition with which the alarm began that this one belongs to. */
export const openingOf = async (scope: Scope, event: AlertEvent): Promise<AlertEvent> => {
  const [row] = await readRows<EventRow>(scope.store, OPENING, { project: scope.project, ruleId: event.ruleId, atMs: Date.parse(event.at) })
  return row ? eventOf(row) : event
}

/** One row is the transition and its message. Every attempt to send makes a newer version of it. */
export const writeTransition = async ({ store, project }: Scope, event: AlertEvent): Promise<void> => {
  const { eventId, ruleId, pipeline, name, at, from, to, verdict, delivery } = event
  await store.client.insert({
    table: 'alert_transitions',
    values: [
      {
        project,
        rule_id: ruleId,
        event_id: eventId,
        pipeline,
        name,
        at: at.replace('T', ' ').replace('Z', ''),
        from_state: from,
        to_state: to,
        verdict: JSON.stringify(verdict),
        delivery_status: delivery.status,
        delivery_attempts: delivery.attempts,
        delivery_error: delivery.lastError,
        version: delivery.attempts + 1,
      },
    ],
    format: 'JSONEachRow',
    clickhouse_settings: { input_format_skip_unknown_fields: 0, async_insert: 0 },
  })
}
