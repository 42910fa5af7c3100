// Tells an engine that is away or full from data that it cannot take.
import { ClickHouseError } from '@clickhouse/client'
import { SeamtraceError } from '@seamtrace/schema'

// no space left, too many parts, too many queries at once, table is read-only, keeper is away
const PASSING_CODES = new Set(['243', '252', '202', '242', '999'])

/** True when the same work may succeed later as it is; false when the engine has refused just this work. */
export const isOutage = (error: unknown): boolean => {
  const refusal = [error, error instanceof Error ? error.cause : undefined].find((at) => at instanceof ClickHouseError)
  if (refusal) return PASSING_CODES.has(refusal.code)
  return !(error instanceof SeamtraceError && error.code !== 'unavailable')
}
