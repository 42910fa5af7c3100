-- Spans that SDKs told they could not deliver, by process: their counts only grow.
CREATE TABLE IF NOT EXISTS sdk_losses {on_cluster} (
  project LowCardinality(String),
  process_id String,
  service SimpleAggregateFunction(max, String),
  no_room SimpleAggregateFunction(max, UInt64),
  refused SimpleAggregateFunction(max, UInt64),
  broken SimpleAggregateFunction(max, UInt64),
  told_at SimpleAggregateFunction(max, DateTime('UTC')),
  arrived_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
) ENGINE = {engine}AggregatingMergeTree
ORDER BY (project, process_id)
TTL toDateTime(arrived_at) + INTERVAL 30 DAY
