-- Runs that go on, by their root span: the newest started record or heartbeat of each, and when it came first. A resend changes nothing.
CREATE TABLE IF NOT EXISTS live_runs {on_cluster} (
  project LowCardinality(String),
  trace_id FixedString(16),
  span_id FixedString(8),
  -- of the newest record: its time, its arrival, attributes as in log_records, resource
  newest AggregateFunction(argMax, Tuple(UInt64, DateTime64(3, 'UTC'), LowCardinality(String), Map(String, String), Map(String, String), Map(String, String)), Tuple(UInt64, Int64)),
  heard_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
) ENGINE = {engine}AggregatingMergeTree
ORDER BY (project, trace_id, span_id)
TTL toDateTime(heard_at) + INTERVAL 30 DAY
