-- When it was told is the record's own time, so that a resend changes nothing.
CREATE MATERIALIZED VIEW IF NOT EXISTS sdk_losses_mv {on_cluster} TO sdk_losses AS
SELECT s.project AS project, substring(s.attributes['seamtrace.process.id'], 1, 64) AS process_id, max(substring(s.service, 1, 200)) AS service,
  max(toUInt64OrZero(JSONExtractString(s.attributes_typed['seamtrace.spans.lost.no_room'], 'intValue'))) AS no_room,
  max(toUInt64OrZero(JSONExtractString(s.attributes_typed['seamtrace.spans.lost.refused'], 'intValue'))) AS refused,
  max(toUInt64OrZero(JSONExtractString(s.attributes_typed['seamtrace.spans.lost.broken'], 'intValue'))) AS broken,
  max(s.key_time) AS told_at, max(s.inserted_at) AS arrived_at
FROM log_records AS s
WHERE s.event_name = 'seamtrace.spans.lost' AND s.attributes['seamtrace.process.id'] != ''
GROUP BY s.project, process_id
