// Tells an engine that is away or full from data that it cannot take.
import { ClickHouseError } from '@clickhouse/client'
import { SeamtraceError } from '@seamtrace/schema'

// no space left, too many parts, too many queries at once, table is read-only, keeper is away;
// of another node of the cluster: none answers, network, timeout, name not found, being shut down
const PASSING_CODES = new Set(['243', '252', '202', '242', '999', '279', '210', '209', '198', '236'])

// What the engine says of bytes that it cannot read as rows: cannot parse (6, 25–27, 38, 41, 72), cannot read all (32, 33), type mismatch
// (53), out of bounds (69, 321), incorrect data (117), too large (128, 131), sizes of arrays (190), null (349)
const DATA_CODES = new Set(['6', '25', '26', '27', '32', '33', '38', '41', '53', '69', '72', '117', '128', '131', '190', '321', '349'])

const refusalOf = (error: unknown): ClickHouseError | undefined =>
  [error, error instanceof Error ? error.cause : undefined].find((at) => at instanceof ClickHouseError)

/** A shard that dies in the middle of an insert: the code is that of rows that end too early. Its words stand first, rows come later. */
const isCutOff = ({ code, message }: ClickHouseError): boolean =>
  code === '32' && message.startsWith('Attempt to read after eof: while receiving packet from')

/**
 * True only when rows are refused for what they hold. Whatever else is wrong (engine away, disk full, memory, a table that is not
 * as it should be) may pass or be mended, and then the same rows are taken.
 */
export const refusesRows = (error: unknown): boolean => {
  const refusal = refusalOf(error)
  return refusal !== undefined && DATA_CODES.has(refusal.code) && !isCutOff(refusal)
}

/** What kind of refusal it is, without what the refused rows hold. */
export const refusalType = (error: unknown): string => refusalOf(error)?.type ?? 'unknown'

/** True when the same work may succeed later as it is; false when the engine, or we ourselves, have refused just this work. */
export const isOutage = (error: unknown): boolean => {
  const refusal = refusalOf(error)
  if (refusal) return PASSING_CODES.has(refusal.code) || isCutOff(refusal)
  return !(error instanceof SeamtraceError && error.code !== 'unavailable')
}
