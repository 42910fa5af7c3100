-- A run with an id of its own may go on in a trace of which no span has ended yet.
CREATE MATERIALIZED VIEW IF NOT EXISTS live_run_traces_mv {on_cluster} TO run_traces AS
SELECT s.project AS project, s.attributes['seamtrace.run.id'] AS run_id, s.trace_id AS trace_id, max(s.inserted_at) AS touched_at
FROM log_records AS s
WHERE s.event_name = 'seamtrace.span.started' AND reinterpretAsUInt128(s.trace_id) != 0 AND s.attributes['seamtrace.run.id'] != '' AND length(s.attributes['seamtrace.run.id']) <= 200
GROUP BY s.project, run_id, s.trace_id
