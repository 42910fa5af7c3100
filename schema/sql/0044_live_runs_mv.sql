-- Of records with one time the one that came first: the greatest of (time, minus arrival).
CREATE MATERIALIZED VIEW IF NOT EXISTS live_runs_mv {on_cluster} TO live_runs AS
SELECT s.project AS project, s.trace_id AS trace_id, s.span_id AS span_id, max(s.inserted_at) AS heard_at,
  argMaxState((s.time_unix_nano, s.inserted_at, s.event_name, mapFilter((key, value) -> length(value) <= 1024, s.attributes), mapFilter((key, value) -> length(value) <= 1024, s.attributes_typed), mapFilter((key, value) -> key IN ('service.name', 'service.version', 'deployment.environment.name', 'deployment.environment'), s.resource)), (s.time_unix_nano, -toUnixTimestamp64Milli(s.inserted_at))) AS newest
FROM log_records AS s
WHERE s.event_name IN ('seamtrace.span.started', 'seamtrace.heartbeat') AND reinterpretAsUInt128(s.trace_id) != 0 AND reinterpretAsUInt64(s.span_id) != 0
GROUP BY s.project, s.trace_id, s.span_id
