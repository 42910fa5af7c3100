CREATE MATERIALIZED VIEW IF NOT EXISTS trace_touch_mv {on_cluster} TO trace_touch AS
SELECT s.project AS project, s.trace_id AS trace_id, min(s.key_time) AS first_key_time, max(s.key_time) AS last_key_time, max(s.inserted_at) AS touched_at, toUInt64(1) AS touches
FROM spans AS s
GROUP BY s.project, s.trace_id
