// Trace ids as a parameter of SQL: hex text outside, FixedString(16) in the tables.

/** A set of FixedString: a set of Strings loses the ids that end in a zero byte (one of 256). */
export const TRACE_IDS = '(SELECT toFixedString(unhex(arrayJoin({traceIds:Array(String)})), 16))'

/** An id of another length would make the whole statement fail; it names no trace anyway. */
export const validTraceIds = (traceIds: readonly string[]): string[] => traceIds.filter((id) => /^[0-9a-f]{32}$/i.test(id))
