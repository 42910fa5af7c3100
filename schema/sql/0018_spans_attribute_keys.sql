-- The keys of attributes become a dictionary: spans of one program have the same few. 10 % less disk, rows a third smaller on their way
-- (docs/adr/013-storage-of-spans.md). Waits until old rows are written anew.
ALTER TABLE spans {on_cluster}
  MODIFY COLUMN attributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
  MODIFY COLUMN attributes_typed Map(LowCardinality(String), String) CODEC(ZSTD(3))
SETTINGS mutations_sync = 2
