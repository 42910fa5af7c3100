-- Where the log records of a trace lie that tell of its spans: they may come hours after it. Without any, the first is after the last.
ALTER TABLE trace_touch {on_cluster}
  ADD COLUMN IF NOT EXISTS first_log_time SimpleAggregateFunction(min, DateTime('UTC')) DEFAULT toDateTime(4294967295, 'UTC'),
  ADD COLUMN IF NOT EXISTS last_log_time SimpleAggregateFunction(max, DateTime('UTC')) DEFAULT toDateTime(0, 'UTC')
