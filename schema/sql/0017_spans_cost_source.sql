-- Where a cost comes from, and what was written to a cache: what explains it. Rows from before tell what their cost alone can tell.
ALTER TABLE spans {on_cluster}
  ADD COLUMN IF NOT EXISTS cache_write_tokens UInt64 DEFAULT 0 CODEC(T64, ZSTD(1)),
  ADD COLUMN IF NOT EXISTS cost_source LowCardinality(String) DEFAULT multiIf(cost_usd IS NULL, 'unpriced', cost_usd = 0, '', 'priced')
