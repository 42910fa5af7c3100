-- One row a run; a newer version replaces it whole. `detail` is the run as the API gives it out; the columns are what lists and sums need.
CREATE TABLE IF NOT EXISTS runs {on_cluster} (
  project LowCardinality(String),
  run_id String,
  trace_ids Array(String),
  pipeline LowCardinality(String),
  pipeline_version LowCardinality(String),
  environment LowCardinality(String),
  service LowCardinality(String),
  session_id String,
  user_id String,
  outcome LowCardinality(String),
  recovered Bool,
  provisional Bool,
  start_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  -- a run belongs to the window in which it ended
  end_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  duration_ms Float64,
  input_tokens UInt64,
  output_tokens UInt64,
  cost_usd Decimal(18, 12),
  wasted_usd Decimal(18, 12),
  unpriced_calls UInt32,
  n_steps UInt32,
  n_retries UInt32,
  -- the one seam a failed run is charged to; '' when none
  attributed_seam LowCardinality(String),
  attributed_seam_kind LowCardinality(String),
  attributed_step LowCardinality(String),
  attributed_layer LowCardinality(String),
  attributed_gap LowCardinality(String),
  attributed_kind LowCardinality(String),
  attributed_certain Bool,
  attributed_rule LowCardinality(String),
  attributed_span_id String,
  attributed_message String,
  -- outermost step of the earliest operation whose first attempt failed; '' when every first attempt succeeded
  first_loss_step LowCardinality(String),
  -- outermost steps in order of operation, one entry an operation
  path Array(LowCardinality(String)),
  -- outermost steps: operations, those that failed in the end, those whose first attempt succeeded
  steps Nested(name LowCardinality(String), layer LowCardinality(String), first_start_ms Float64, operations UInt32, failed UInt32, first_try UInt32, attempts UInt32, cost_usd Decimal(18, 12)),
  seams Nested(seam LowCardinality(String), kind LowCardinality(String), source LowCardinality(String), target LowCardinality(String), layer LowCardinality(String), crossings UInt32, recovered UInt32),
  layer_operations Map(LowCardinality(String), UInt32),
  story String CODEC(ZSTD(1)),
  detail String CODEC(ZSTD(3)),
  rules_version UInt16,
  version UInt64,
  is_deleted UInt8 DEFAULT 0,
  derived_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX by_end end_time TYPE minmax GRANULARITY 1,
  INDEX by_trace trace_ids TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_session session_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = {engine}ReplacingMergeTree(version, is_deleted)
ORDER BY (project, run_id)
TTL toDateTime(derived_at) + INTERVAL 90 DAY
