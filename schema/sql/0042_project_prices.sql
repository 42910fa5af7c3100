-- Prices that a project set itself: one row for a model of a provider from a day on. What was removed stays as a row that says so.
CREATE TABLE IF NOT EXISTS project_prices {on_cluster} (
  project String,
  provider String,
  model String,
  -- as 2026-11-20, '' for ever since
  valid_from String,
  -- as the API takes it, as JSON
  price String CODEC(ZSTD(1)),
  set_by String,
  updated_at DateTime64(3, 'UTC'),
  is_removed UInt8 DEFAULT 0
) ENGINE = {engine}ReplacingMergeTree(updated_at)
ORDER BY (project, provider, model, valid_from)
