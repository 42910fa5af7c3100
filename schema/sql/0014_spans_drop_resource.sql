-- What the new columns hold now; and the columns through which ids came as text.
ALTER TABLE spans {on_cluster}
  DROP COLUMN IF EXISTS trace_id_hex,
  DROP COLUMN IF EXISTS span_id_hex,
  DROP COLUMN IF EXISTS parent_span_id,
  DROP COLUMN IF EXISTS resource,
  DROP COLUMN IF EXISTS resource_typed,
  DROP COLUMN IF EXISTS resource_schema_url,
  DROP COLUMN IF EXISTS scope_name,
  DROP COLUMN IF EXISTS scope_version,
  DROP COLUMN IF EXISTS scope_attributes,
  DROP COLUMN IF EXISTS scope_attributes_typed,
  DROP COLUMN IF EXISTS scope_schema_url
SETTINGS mutations_sync = 2
