-- One row a project; the project `default` needs none.
CREATE TABLE IF NOT EXISTS projects {on_cluster} (
  project String,
  created_at DateTime64(3, 'UTC'),
  created_by String,
  version UInt8 DEFAULT 1
) ENGINE = {engine}ReplacingMergeTree(version)
ORDER BY (project)
