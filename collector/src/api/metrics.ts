// GET /metrics: what the collector takes in, keeps and inserts, for Prometheus: the numbers of GET /api/v1/ingest, of all projects together.

import { setTimeout as sleep } from 'node:timers/promises'
import type { LostSpans } from '@seamtrace/schema'
import type { RequestHandler } from 'express'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Access } from '../access/access.ts'
import { credentialOf } from '../access/credential.ts'
import type { ReceiveStats } from '../query/ingest.ts'

/** What is told where the analysis runs stands at the end. */
export type Totals = ReceiveStats & { pendingTraces?: number | undefined; lateSpans?: number | undefined }

/** Told by SDKs, which the store remembers. */
export type Lost = () => Promise<Pick<LostSpans, 'reason' | 'spans'>[]>
export type MetricsOptions = { totals: () => Totals; lost: Lost; access: Pick<Access, 'admit'> }

type Numbers = Record<string, number>
type Family = {
  name: string
  help: string
  label?: string
  values: (totals: Totals) => Numbers
}

const alone = (value: number): Numbers => ({ '': value })
const byReason = (items: { reason: string; count: number }[]): Numbers =>
  Object.fromEntries(items.map(({ reason, count }) => [reason, count]))

const COUNTERS: Family[] = [
  { name: 'requests', help: 'OTLP requests answered', values: (stats) => alone(stats.requests) },
  {
    name: 'requests_refused',
    help: 'OTLP requests refused whole',
    label: 'reason',
    values: ({ refused }) => Object.fromEntries(refused.map(({ reason, requests }) => [reason, requests])),
  },
  { name: 'spans_accepted', help: 'Spans acknowledged', values: (stats) => alone(stats.acceptedSpans) },
  { name: 'spans_skewed', help: 'Spans a day or more from their arrival', values: (stats) => alone(stats.skewedSpans) },
  {
    name: 'spans_late',
    help: 'Spans that came when others of their run had expired',
    values: ({ lateSpans }): Numbers => (lateSpans === undefined ? {} : alone(lateSpans)),
  },
  { name: 'log_records_accepted', help: 'Log records acknowledged', values: (stats) => alone(stats.acceptedLogs) },
  { name: 'metric_points_accepted', help: 'Data points acknowledged', values: ({ metrics }) => alone(metrics.points) },
  {
    name: 'records_rejected',
    help: 'Records left out of accepted requests',
    label: 'reason',
    values: ({ rejected }) => byReason(rejected),
  },
  { name: 'records_truncated', help: 'Cuts made in stored records', label: 'reason', values: ({ truncated }) => byReason(truncated) },
  { name: 'rows_inserted', help: 'Rows that the store has taken', values: ({ insert }) => (insert ? alone(insert.rows) : {}) },
  { name: 'insert_retries', help: 'Inserts that had to be tried again', values: ({ insert }) => (insert ? alone(insert.retries) : {}) },
]

const GAUGES: Family[] = [
  {
    name: 'spool_waiting_rows',
    help: 'Rows on disk that wait for the store',
    values: ({ spool }) => (spool ? alone(spool.waiting.rows) : {}),
  },
  { name: 'spool_waiting_bytes', help: 'Bytes of them', values: ({ spool }) => (spool ? alone(spool.waiting.bytes) : {}) },
  { name: 'spool_max_bytes', help: 'Bound of the spool', values: ({ spool }) => (spool ? alone(spool.maxBytes) : {}) },
  { name: 'spool_oldest_seconds', help: 'Age of the oldest of them', values: ({ spool }) => (spool ? alone(spool.oldestMs / 1000) : {}) },
  {
    name: 'spool_kept_bytes',
    help: 'Bytes of blocks kept after their insert',
    values: ({ spool }) => (spool ? alone(spool.kept.bytes) : {}),
  },
  {
    name: 'spool_quarantined_rows',
    help: 'Rows set aside: damaged, or refused by the store',
    values: ({ spool }) => (spool ? alone(spool.quarantined.rows) : {}),
  },
  { name: 'spool_missing_files', help: 'Blocks that are gone', values: ({ spool }) => (spool ? alone(spool.missing.files) : {}) },
  {
    name: 'spool_sync_seconds',
    help: 'Time until a group of requests is on disk',
    label: 'quantile',
    values: ({ spool }): Numbers => (spool ? { '0.5': spool.sync.p50Ms / 1000, '0.99': spool.sync.p99Ms / 1000 } : {}),
  },
  {
    name: 'insert_lag_seconds',
    help: 'From disk to store, newest block',
    values: ({ insert }) => (insert ? alone(insert.lagMs / 1000) : {}),
  },
  {
    name: 'insert_failing',
    help: '1 while the store takes nothing',
    values: ({ insert }) => (insert ? alone(insert.failing ? 1 : 0) : {}),
  },
  {
    name: 'pending_traces',
    help: 'Traces with spans newer than their runs',
    values: ({ pendingTraces }): Numbers => (pendingTraces === undefined ? {} : alone(pendingTraces)),
  },
]

/** A registry of its own for each app: two collectors in one process must not share one. */
export const metrics = ({ totals, lost, access }: MetricsOptions): RequestHandler => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'seamtrace_' })
  for (const family of COUNTERS) addCounter(registry, family, totals)
  for (const family of GAUGES) addGauge(registry, family, totals)
  addLost(registry, lost)
  return async (req, res) => {
    await access.admit(credentialOf(req.headers), 'read')
    res.set('Content-Type', registry.contentType).send(await registry.metrics())
  }
}

const numbersOf = ({ values, label }: Family, totals: MetricsOptions['totals']): [Record<string, string>, number][] =>
  Object.entries(values(totals())).map(([value, number]) => [label ? { [label]: value } : {}, number])

const addCounter = (registry: Registry, family: Family, totals: MetricsOptions['totals']): void => {
  const { name, help, label } = family
  new Counter({
    name: `seamtrace_${name}_total`,
    help,
    labelNames: label ? [label] : [],
    registers: [registry],
    // the receivers have counted already: their sums are shown as they are
    collect() {
      this.reset()
      for (const [labels, number] of numbersOf(family, totals)) this.inc(labels, number)
    },
  })
}

const addGauge = (registry: Registry, family: Family, totals: MetricsOptions['totals']): void => {
  const { name, help, label } = family
  new Gauge({
    name: `seamtrace_${name}`,
    help,
    labelNames: label ? [label] : [],
    registers: [registry],
    collect() {
      this.reset()
      for (const [labels, number] of numbersOf(family, totals)) this.set(labels, number)
    },
  })
}

// Prometheus waits 10 s for all of it.
const LONGEST_READ_MS = 2_000

/** A gauge: what a process told is forgotten 30 days after it told something new. While the store is away nothing is told. */
const addLost = (registry: Registry, lost: Lost): void => {
  new Gauge({
    name: 'seamtrace_sdk_lost_spans',
    help: 'Spans that SDKs told they could not deliver, in the last 30 days',
    labelNames: ['reason'],
    registers: [registry],
    async collect() {
      this.reset()
      const told = await Promise.race([lost(), sleep(LONGEST_READ_MS, [], { ref: false })]).catch(() => [])
      for (const { reason, spans } of told) this.inc({ reason }, spans)
    },
  })
}
