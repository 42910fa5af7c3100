-- What is known of a run that goes on, or went on until nothing more was heard of it. `recheck_at`: when it must be looked at again although nothing comes.
ALTER TABLE runs {on_cluster}
  ADD COLUMN IF NOT EXISTS live_step LowCardinality(String) DEFAULT '',
  ADD COLUMN IF NOT EXISTS heard_at DateTime64(3, 'UTC') DEFAULT toDateTime64(0, 3, 'UTC'),
  ADD COLUMN IF NOT EXISTS stalled_since DateTime64(3, 'UTC') DEFAULT toDateTime64(0, 3, 'UTC'),
  ADD COLUMN IF NOT EXISTS recheck_at DateTime64(3, 'UTC') DEFAULT toDateTime64(0, 3, 'UTC')
