// Tells an engine that is away or full from data that it cannot take.
import { ClickHouseError } from '@clickhouse/client'

// no space left, too many parts, too many queries at once, table is read-only, keeper is away;
// of another node of the cluster: none answers, network, timeout, name not found, cut off, being shut down
const PASSING_CODES = new Set(['243', '252', '202', '242', '999', '279', '210', '209', '198', '32', '236'])

/** True when the same work may succeed later as it is; false when the engine has refused just this work. */
export const isOutage = (error: unknown): boolean => {
  const refusal = [error, error instanceof Error ? error.cause : undefined].find((at) => at instanceof ClickHouseError)
  return refusal ? PASSING_CODES.has(refusal.code) : true
}
