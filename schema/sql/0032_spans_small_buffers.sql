-- Buffers of a part that is written begin small and grow as needed, not at 1 MiB for each stream of each column: a merge takes a third less
-- memory where spans are large, and the same time (docs/adr/013-storage-of-spans.md).
ALTER TABLE spans {on_cluster} MODIFY SETTING min_columns_to_activate_adaptive_write_buffer = 1
