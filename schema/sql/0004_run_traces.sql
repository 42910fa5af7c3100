-- Which traces a run with an id of its own is spread over (it waited and went on elsewhere).
CREATE TABLE IF NOT EXISTS run_traces {on_cluster} (
  project LowCardinality(String),
  run_id String,
  trace_id FixedString(16),
  touched_at DateTime64(3, 'UTC'),
  INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = {engine}ReplacingMergeTree(touched_at)
ORDER BY (project, run_id, trace_id)
TTL toDateTime(touched_at) + INTERVAL 30 DAY
