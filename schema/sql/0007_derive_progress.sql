-- How far the analysis has come, by arrival time of spans. A hint: starting earlier only repeats work.
CREATE TABLE IF NOT EXISTS derive_progress {on_cluster} (
  project LowCardinality(String),
  derived_through DateTime64(3, 'UTC')
) ENGINE = {engine}ReplacingMergeTree(derived_through)
ORDER BY (project)
