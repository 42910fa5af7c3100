-- One row a change of keys or projects, written before the change is made. Nothing here is a secret.
CREATE TABLE IF NOT EXISTS audit {on_cluster} (
  project String,
  at DateTime64(3, 'UTC'),
  audit_id UUID,
  -- id of a key, `admin_token`, or `loopback` where no key was needed
  actor String,
  -- key.create | key.revoke | project.create
  action LowCardinality(String),
  -- id of the key or name of the project
  target String,
  detail String,
  version UInt8 DEFAULT 1
) ENGINE = {engine}ReplacingMergeTree(version)
ORDER BY (project, at, audit_id)
