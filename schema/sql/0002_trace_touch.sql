-- When a trace was last touched: what the analysis has to look at. Minimum and maximum only, so resends change nothing.
CREATE TABLE IF NOT EXISTS trace_touch {on_cluster} (
  project LowCardinality(String),
  trace_id FixedString(16),
  first_key_time SimpleAggregateFunction(min, DateTime('UTC')),
  last_key_time SimpleAggregateFunction(max, DateTime('UTC')),
  touched_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
  INDEX by_touch touched_at TYPE minmax GRANULARITY 1
) ENGINE = {engine}AggregatingMergeTree
ORDER BY (project, trace_id)
TTL toDateTime(touched_at) + INTERVAL 30 DAY
