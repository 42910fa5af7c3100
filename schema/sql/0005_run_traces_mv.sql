CREATE MATERIALIZED VIEW IF NOT EXISTS run_traces_mv {on_cluster} TO run_traces AS
SELECT s.project AS project, s.run_id AS run_id, s.trace_id AS trace_id, max(s.inserted_at) AS touched_at
FROM spans AS s
WHERE s.run_id != ''
GROUP BY s.project, s.run_id, s.trace_id
