// What SDKs told of spans that they could not deliver: by service and reason.
import { LOSS_REASONS, type LostSpans } from '@seamtrace/schema'
import { readRows } from './read.ts'
import type { Reader } from './touched-traces.ts'

type Row = { service: string; at: number } & Record<(typeof LOSS_REASONS)[number], number>

// A process tells its own sums, which only grow: the greatest of each is all that it lost.
const LOSSES = `
SELECT service, sum(room) AS no_room, sum(declined) AS refused, sum(unwritten) AS broken, toUnixTimestamp(max(told)) * 1000 AS at
FROM (
  SELECT max(sdk_losses.service) AS service, max(sdk_losses.no_room) AS room, max(sdk_losses.refused) AS declined,
    max(sdk_losses.broken) AS unwritten, max(told_at) AS told
  FROM sdk_losses
  WHERE {project:String} = '' OR project = {project:String}
  GROUP BY project, process_id
)
GROUP BY service
ORDER BY no_room + refused + broken DESC, service
LIMIT 200`

/** @param project '' for all together */
export const sdkLosses = async (store: Pick<Reader, 'client'>, project: string): Promise<LostSpans[]> => {
  const rows = await readRows<Row>(store, LOSSES, { project })
  const all = rows.flatMap((row) =>
    LOSS_REASONS.map((reason) => ({ service: row.service, reason, spans: row[reason], at: new Date(row.at).toISOString() })),
  )
  return all.filter(({ spans }) => spans > 0).sort((a, b) => b.spans - a.spans)
}
