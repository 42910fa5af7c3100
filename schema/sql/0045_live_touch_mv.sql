-- A started record or heartbeat has its trace analyzed again. It lies in live_runs, so it makes the range of log records no longer.
CREATE MATERIALIZED VIEW IF NOT EXISTS live_touch_mv {on_cluster} TO trace_touch AS
SELECT s.project AS project, s.trace_id AS trace_id, toDateTime(4294967295, 'UTC') AS first_key_time, toDateTime(0, 'UTC') AS last_key_time, max(s.inserted_at) AS touched_at, toUInt64(1) AS touches, toDateTime(4294967295, 'UTC') AS first_log_time, toDateTime(0, 'UTC') AS last_log_time
FROM log_records AS s
WHERE s.event_name IN ('seamtrace.span.started', 'seamtrace.heartbeat') AND reinterpretAsUInt128(s.trace_id) != 0 AND reinterpretAsUInt64(s.span_id) != 0
GROUP BY s.project, s.trace_id
