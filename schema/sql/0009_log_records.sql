-- One row a log record. It has no id of its own: its identity is a hash of all that was sent, so a resend replaces itself.
CREATE TABLE IF NOT EXISTS log_records {on_cluster} (
  project LowCardinality(String),
  identity_hex String EPHEMERAL,
  identity FixedString(16) DEFAULT unhex(identity_hex),
  -- all zero when the record belongs to no trace
  trace_id_hex String EPHEMERAL,
  trace_id FixedString(16) DEFAULT unhex(trace_id_hex),
  span_id_hex String EPHEMERAL,
  span_id FixedString(8) DEFAULT unhex(span_id_hex),
  time_unix_nano UInt64 CODEC(Delta(8), ZSTD(1)),
  observed_unix_nano UInt64 CODEC(Delta(8), ZSTD(1)),
  -- as in spans; a record without a time of its own stands where it was observed
  key_time DateTime('UTC') MATERIALIZED toDateTime(multiIf(time_unix_nano BETWEEN 946684800000000000 AND 4102444800000000000, intDiv(time_unix_nano, 1000000000), time_unix_nano = 0 AND observed_unix_nano BETWEEN 946684800000000000 AND 4102444800000000000, intDiv(observed_unix_nano, 1000000000), 946684800), 'UTC') CODEC(Delta(4), ZSTD(1)),
  severity_number UInt8,
  severity_text LowCardinality(String),
  -- an OTLP/JSON AnyValue
  body String CODEC(ZSTD(3)),
  event_name LowCardinality(String),
  -- string values stand in the first map as they are; all other values in the second, each as an OTLP/JSON AnyValue
  attributes Map(String, String) CODEC(ZSTD(1)),
  attributes_typed Map(String, String) CODEC(ZSTD(1)),
  dropped_attributes UInt32 CODEC(T64, ZSTD(1)),
  flags UInt32 CODEC(T64, ZSTD(1)),
  service LowCardinality(String),
  resource Map(String, String) CODEC(ZSTD(1)),
  resource_typed Map(String, String) CODEC(ZSTD(1)),
  resource_schema_url LowCardinality(String),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attributes Map(String, String) CODEC(ZSTD(1)),
  scope_attributes_typed Map(String, String) CODEC(ZSTD(1)),
  scope_schema_url LowCardinality(String),
  inserted_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX by_arrival inserted_at TYPE minmax GRANULARITY 1
) ENGINE = {engine}ReplacingMergeTree(inserted_at)
PARTITION BY toDate(key_time)
ORDER BY (project, toStartOfMinute(key_time), trace_id, identity)
TTL toDateTime(inserted_at) + INTERVAL 30 DAY
