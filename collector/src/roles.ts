// What one collector process may do; several processes share the work on one ClickHouse.

/** ingest: takes OTLP; query: API and dashboard; derive: analyzes; alert: judges and tells. */
export const ROLES = ['ingest', 'query', 'derive', 'alert'] as const
export type Role = (typeof ROLES)[number]
