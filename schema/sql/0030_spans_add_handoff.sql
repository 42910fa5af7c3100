-- What recognition says since its rules of version 2; of older rows, what our own keys say.
ALTER TABLE spans {on_cluster}
  ADD COLUMN IF NOT EXISTS handoff_from LowCardinality(String) DEFAULT if(type = 'handoff', attributes['seamtrace.handoff.source.name'], ''),
  ADD COLUMN IF NOT EXISTS handoff_to LowCardinality(String) DEFAULT if(type = 'handoff', attributes['seamtrace.handoff.target.name'], ''),
  ADD COLUMN IF NOT EXISTS handoff_status LowCardinality(String) DEFAULT if(type = 'handoff', attributes['seamtrace.handoff.status'], ''),
  ADD COLUMN IF NOT EXISTS verdict LowCardinality(String) DEFAULT multiIf(
    type = 'check', attributes['seamtrace.check.result'],
    type IN ('tool', 'retrieval', 'memory', 'state'), attributes['seamtrace.tool.result.status'],
    type = 'human', attributes['seamtrace.human.decision'],
    '')
