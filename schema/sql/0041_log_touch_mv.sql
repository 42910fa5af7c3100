-- A log record that may tell of a span has its trace analyzed again. Other records are many, and change nothing (store/telling-logs.ts).
CREATE MATERIALIZED VIEW IF NOT EXISTS log_touch_mv {on_cluster} TO trace_touch AS
SELECT s.project AS project, s.trace_id AS trace_id, toDateTime(4294967295, 'UTC') AS first_key_time, toDateTime(0, 'UTC') AS last_key_time, max(s.inserted_at) AS touched_at, toUInt64(1) AS touches, min(s.key_time) AS first_log_time, max(s.key_time) AS last_log_time
FROM log_records AS s
WHERE reinterpretAsUInt128(s.trace_id) != 0
  AND (startsWith(s.event_name, 'gen_ai.') OR startsWith(s.event_name, 'claude_code.') OR s.attributes['event.name'] != '' OR mapContains(s.attributes, 'exception.type') OR mapContains(s.attributes, 'exception.message'))
GROUP BY s.project, s.trace_id
