-- A column can be dropped only when no other one is computed from it.
ALTER TABLE spans {on_cluster}
  MODIFY COLUMN IF EXISTS origin DEFAULT '',
  MODIFY COLUMN IF EXISTS parent_id DEFAULT '',
  MODIFY COLUMN IF EXISTS trace_id DEFAULT '',
  MODIFY COLUMN IF EXISTS span_id DEFAULT ''
