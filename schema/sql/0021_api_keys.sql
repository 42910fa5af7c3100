-- One row a key. Version 1 is the key as it was made, version 2 its revocation: final, whatever the clocks say.
CREATE TABLE IF NOT EXISTS api_keys {on_cluster} (
  -- public; the key itself is nowhere
  key_id String,
  project String,
  role LowCardinality(String),
  name String,
  -- SHA-256 of the key, as hex
  key_hash String,
  created_at DateTime64(3, 'UTC'),
  created_by String,
  revoked_at Nullable(DateTime64(3, 'UTC')),
  version UInt8
) ENGINE = {engine}ReplacingMergeTree(version)
ORDER BY (key_id)
