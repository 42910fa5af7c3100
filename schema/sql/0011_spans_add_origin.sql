-- Where a span came from (resource and scope) becomes one value of a dictionary instead of eight columns, and parents become bytes:
-- 24 % less work an insert and 18 % less disk (docs/adr/013-storage-of-spans.md). Old rows are carried over by the next files.
ALTER TABLE spans {on_cluster}
  ADD COLUMN IF NOT EXISTS origin LowCardinality(String) DEFAULT toJSONString(CAST(
    (resource, resource_typed, resource_schema_url, scope_name, scope_version, scope_attributes, scope_attributes_typed, scope_schema_url),
    'Tuple(resource Map(String, String), resource_typed Map(String, String), resource_schema_url String, scope_name String, scope_version String, scope_attributes Map(String, String), scope_attributes_typed Map(String, String), scope_schema_url String)'
  )) AFTER attributes_typed,
  ADD COLUMN IF NOT EXISTS parent_id FixedString(8) DEFAULT toFixedString(unhex(parent_span_id), 8) AFTER parent_span_id,
  MODIFY COLUMN attributes CODEC(ZSTD(3)),
  MODIFY COLUMN attributes_typed CODEC(ZSTD(3))
