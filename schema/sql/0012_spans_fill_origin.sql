-- Writes the new columns for the rows that are there; waits until it is done.
ALTER TABLE spans {on_cluster}
  MATERIALIZE COLUMN origin,
  MATERIALIZE COLUMN parent_id
SETTINGS mutations_sync = 2
