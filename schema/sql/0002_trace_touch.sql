-- When a trace was last touched: what the analysis has to look at. Resends move nothing but `touches`, which only says that something came.
CREATE TABLE IF NOT EXISTS trace_touch {on_cluster} (
  project LowCardinality(String),
  trace_id FixedString(16),
  first_key_time SimpleAggregateFunction(min, DateTime('UTC')),
  last_key_time SimpleAggregateFunction(max, DateTime('UTC')),
  touched_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
  -- blocks that brought spans of it: a block that becomes visible late changes this, even where it does not change touched_at
  touches SimpleAggregateFunction(sum, UInt64),
  INDEX by_touch touched_at TYPE minmax GRANULARITY 1
) ENGINE = {engine}AggregatingMergeTree
ORDER BY (project, trace_id)
TTL toDateTime(touched_at) + INTERVAL 30 DAY
