-- Every change of state of an alert rule, and at the same time the outbox of its messages.
CREATE TABLE IF NOT EXISTS alert_transitions {on_cluster} (
  project LowCardinality(String),
  rule_id String,
  event_id String,
  pipeline LowCardinality(String),
  name String,
  at DateTime64(3, 'UTC'),
  from_state LowCardinality(String),
  to_state LowCardinality(String),
  -- AlertVerdict as JSON
  verdict String CODEC(ZSTD(3)),
  -- none | pending | delivered | failed
  delivery_status LowCardinality(String),
  delivery_attempts UInt32,
  delivery_error String,
  version UInt64
) ENGINE = {engine}ReplacingMergeTree(version)
ORDER BY (project, rule_id, event_id)
