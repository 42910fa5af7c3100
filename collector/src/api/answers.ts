// Which question answers which endpoint.
import type { AlertRuleStatus, EndpointName, EndpointParams, EndpointQuery, EndpointResponse } from '@seamtrace/schema'
import { alertEvents } from '../query/alert-events.ts'
import { gap } from '../query/gap.ts'
import { ingest, type Progress } from '../query/ingest.ts'
import { layers } from '../query/layers.ts'
import { pipelines } from '../query/pipelines.ts'
import { run } from '../query/run.ts'
import { runSpans } from '../query/run-spans.ts'
import { runs } from '../query/runs.ts'
import type { Scope } from '../query/scope.ts'
import { seams } from '../query/seams.ts'
import { span } from '../query/span.ts'

/** What is known in memory only: the counts of the receivers and the present verdicts of the alert rules. */
export type Sources = Progress & { alerts: { rules(): AlertRuleStatus[] } }

type Answer<E extends EndpointName> = (
  scope: Scope,
  asked: { query: EndpointQuery<E>; params: EndpointParams<E> },
  sources: Sources,
) => Promise<EndpointResponse<E>>

export const ANSWERS: { [E in EndpointName]: Answer<E> } = {
  pipelines: (scope, { query }, { alerts }) => pipelines(scope, query, new Map(alerts.rules().map((rule) => [rule.pipeline, rule.state]))),
  gap: (scope, { query }) => gap(scope, query),
  layers: (scope, { query }) => layers(scope, query),
  seams: (scope, { query }) => seams(scope, query),
  runs: (scope, { query }) => runs(scope, query),
  run: (scope, { params }) => run(scope, params),
  runSpans: (scope, { query, params }) => runSpans(scope, params, query),
  span: (scope, { params }) => span(scope, params),
  alertRules: async (_scope, _asked, { alerts }) => ({ items: alerts.rules(), nextCursor: null }),
  alertEvents: (scope, { query }) => alertEvents(scope, query),
  ingest: (scope, _asked, sources) => ingest(scope, sources),
}
