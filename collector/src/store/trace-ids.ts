// Trace ids as a parameter of SQL: hex text outside, FixedString(16) in the tables.

/** A set of FixedString: a set of Strings loses the ids that end in a zero byte (one of 256). */
export const TRACE_IDS = '(SELECT toFixedString(unhex(arrayJoin({traceIds:Array(String)})), 16))'

/** The same for up to {@link MOST_TRACE_IDS}: the parameter holds their bytes, as base64, which a column of bytes needs no unhex for. */
export const MANY_TRACE_IDS =
  '(SELECT toFixedString(substring(ids, at * 16 + 1, 16), 16) FROM (SELECT base64Decode({traceIds:String}) AS ids) ARRAY JOIN range(intDiv(length(ids), 16)) AS at)'

// A statement has 256 KiB: ids take 28 bytes each (long-params.ts)
export const MOST_TRACE_IDS = 6_000

export const manyTraceIds = (traceIds: readonly string[]): string => Buffer.from(traceIds.join(''), 'hex').toString('base64')

/** An id of another length would make the whole statement fail; it names no trace anyway. */
export const validTraceIds = (traceIds: readonly string[]): string[] => traceIds.filter((id) => /^[0-9a-f]{32}$/i.test(id))
