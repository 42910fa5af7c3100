-- One row a data point of the GenAI usage metrics. Its identity is a hash of all that was sent, so a resend replaces itself.
CREATE TABLE IF NOT EXISTS genai_metrics {on_cluster} (
  project LowCardinality(String),
  identity_hex String EPHEMERAL,
  identity FixedString(16) DEFAULT unhex(identity_hex),
  name LowCardinality(String),
  unit LowCardinality(String),
  -- gauge, sum, histogram, exponential_histogram (brought to explicit bounds)
  kind LowCardinality(String),
  -- 0 unspecified, 1 delta, 2 cumulative
  temporality UInt8,
  monotonic Bool,
  start_unix_nano UInt64 CODEC(Delta(8), ZSTD(1)),
  time_unix_nano UInt64 CODEC(Delta(8), ZSTD(1)),
  key_time DateTime('UTC') MATERIALIZED toDateTime(if(time_unix_nano BETWEEN 946684800000000000 AND 4102444800000000000, intDiv(time_unix_nano, 1000000000), 946684800), 'UTC') CODEC(Delta(4), ZSTD(1)),
  -- of a gauge or sum; the columns behind it are of histograms
  value Nullable(Float64),
  count UInt64,
  sum Nullable(Float64),
  min Nullable(Float64),
  max Nullable(Float64),
  -- upper bounds; one bucket more than bounds
  bounds Array(Float64) CODEC(ZSTD(1)),
  bucket_counts Array(UInt64) CODEC(ZSTD(1)),
  flags UInt32,
  attributes Map(String, String) CODEC(ZSTD(1)),
  attributes_typed Map(String, String) CODEC(ZSTD(1)),
  service LowCardinality(String),
  resource Map(String, String) CODEC(ZSTD(1)),
  resource_typed Map(String, String) CODEC(ZSTD(1)),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  inserted_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1))
) ENGINE = {engine}ReplacingMergeTree(inserted_at)
PARTITION BY toDate(key_time)
ORDER BY (project, name, toStartOfMinute(key_time), identity)
TTL toDateTime(inserted_at) + INTERVAL 30 DAY
