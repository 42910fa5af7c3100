// Which question answers which endpoint.
import {
  type AlertRuleStatus,
  type EndpointBody,
  type EndpointName,
  type EndpointParams,
  type EndpointQuery,
  type EndpointResponse,
  type Reanalyzed,
  SeamtraceError,
} from '@seamtrace/schema'
import type { Caller } from '../access/caller.ts'
import type { Manager } from '../access/manage.ts'
import { removePrice, setPrice } from '../access/prices.ts'
import { alertEvents } from '../query/alert-events.ts'
import { gap } from '../query/gap.ts'
import { ingest, type Progress } from '../query/ingest.ts'
import { layers } from '../query/layers.ts'
import { pipelines } from '../query/pipelines.ts'
import { prices } from '../query/prices.ts'
import { run } from '../query/run.ts'
import { runSpans } from '../query/run-spans.ts'
import { runs } from '../query/runs.ts'
import type { Scope } from '../query/scope.ts'
import { seams } from '../query/seams.ts'
import { span } from '../query/span.ts'
import { traceLogs } from '../query/trace-logs.ts'

/** Besides the store: the counts of the receivers, the present verdicts of the alert rules, the keys. */
export type Sources = Progress & {
  alerts: { rules(project: string): AlertRuleStatus[] }
  manage: Manager
  reanalyze?: (project: string, after: string) => Promise<Reanalyzed>
}

type Asked<E extends EndpointName> = { query: EndpointQuery<E>; params: EndpointParams<E>; body: EndpointBody<E>; caller: Caller }

type Answer<E extends EndpointName> = (scope: Scope, asked: Asked<E>, sources: Sources) => Promise<EndpointResponse<E>>

export const ANSWERS: { [E in EndpointName]: Answer<E> } = {
  pipelines: (scope, { query }, { alerts }) =>
    pipelines(scope, query, new Map(alerts.rules(scope.project).map((rule) => [rule.pipeline, rule.state]))),
  gap: (scope, { query }) => gap(scope, query),
  layers: (scope, { query }) => layers(scope, query),
  seams: (scope, { query }) => seams(scope, query),
  runs: (scope, { query }) => runs(scope, query),
  run: (scope, { params }) => run(scope, params),
  runSpans: (scope, { query, params }) => runSpans(scope, params, query),
  span: (scope, { params }) => span(scope, params),
  traceLogs: (scope, { query, params }) => traceLogs(scope, params, query),
  prices: (scope) => prices(scope),
  setPrice: ({ store, project }, { body, caller }) => setPrice({ store, project, caller }, body),
  removePrice: ({ store, project }, { query, caller }) => removePrice({ store, project, caller }, query),
  alertRules: async ({ project }, _asked, { alerts }) => ({ items: alerts.rules(project), nextCursor: null }),
  alertEvents: (scope, { query }) => alertEvents(scope, query),
  ingest: (scope, _asked, sources) => ingest(scope, sources),
  reanalyze: ({ project }, { body }, { reanalyze }) => {
    if (!reanalyze) throw new SeamtraceError('unavailable', 'cannot reanalyze: this process knows no rules; ask one that does')
    return reanalyze(project, body.after)
  },
  keys: async (_scope, { query, caller }, { manage }) => ({ items: await manage.keys(caller, query.project), nextCursor: null }),
  createKey: (_scope, { body, caller }, { manage }) => manage.createKey(caller, body),
  revokeKey: (_scope, { params, query, caller }, { manage }) => manage.revokeKey(caller, query.project, params.id),
  projects: async (_scope, { caller }, { manage }) => ({ items: await manage.projects(caller), nextCursor: null }),
  createProject: (_scope, { body, caller }, { manage }) => manage.createProject(caller, body.project),
}
