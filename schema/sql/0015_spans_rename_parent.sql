ALTER TABLE spans {on_cluster}
  RENAME COLUMN IF EXISTS parent_id TO parent_span_id,
  ADD COLUMN IF NOT EXISTS skewed Bool ALIAS end_unix_nano < start_unix_nano
    OR abs(toFloat64(start_unix_nano) - toUnixTimestamp64Nano(toDateTime64(inserted_at, 9))) > 86400e9
    OR abs(toFloat64(end_unix_nano) - toUnixTimestamp64Nano(toDateTime64(inserted_at, 9))) > 86400e9
SETTINGS mutations_sync = 2
