// What both transports do with a request: admit it before its body is read, decode the body, store it, count it, answer.
import { ERROR_CODES, messageOf, SeamtraceError } from '@seamtrace/schema'
import { describe, encodeExportResponse } from '../decode/answers.ts'
import type { OtlpEncoding } from '../decode/decode-traces.ts'
import { totalOf } from '../decode/decoded.ts'
import type { SignalName } from '../decode/json-values.ts'
import type { LogRow } from '../store/log-row.ts'
import type { MetricRow } from '../store/metric-row.ts'
import type { SpanRow } from '../store/span-row.ts'
import type { IngestBuffer } from './ingest-buffer.ts'
import { BODY_LIMITS, type BodyLimits, type Budget, createBudget, type Hold } from './limits.ts'
import type { ProjectStats } from './project-stats.ts'
import type { Received } from './take-body.ts'

type Sink<Row> = Pick<IngestBuffer<Row>, 'add' | 'hasRoom'>
export type Sinks = { spans: Sink<SpanRow>; logs: Sink<LogRow>; metrics: Sink<MetricRow> }

/** Decodes a body and makes its rows: at once, or in a worker. */
export type DecodeBody = (signal: SignalName, encoding: OtlpEncoding, body: Buffer, project: string) => Promise<Received>

export type IntakeDeps = {
  sinks: Sinks
  stats: ProjectStats
  decode: DecodeBody
  log: { warn(message: string): void; error(message: string): void }
  limits?: BodyLimits
  budget?: Budget
}

export type Intake = {
  limits: BodyLimits
  /** @throws SeamtraceError unavailable, before a byte of the body was read */
  admit(signal: SignalName, announcedBytes: number): Hold
  /** Resolves with the answer when all that was taken is stored; gives `hold` free once the body is decoded. */
  take(signal: SignalName, encoding: OtlpEncoding, body: Buffer, hold: Hold, project: string): Promise<Buffer>
  /** Counts a refusal and gives what the client may know of it. Of a request without a project only the kind is kept: anybody may have sent it. */
  refuse(error: unknown, what: string, project: string | undefined): Refusal
}

export type Refusal = { status: number; message: string }

const SINK_OF = { traces: 'spans', logs: 'logs', metrics: 'metrics' } as const satisfies Record<SignalName, keyof Sinks>

export const createIntake = (deps: IntakeDeps): Intake => {
  const budget = deps.budget ?? createBudget()
  return {
    limits: deps.limits ?? BODY_LIMITS,
    admit: (signal, announcedBytes) => {
      if (!deps.sinks[SINK_OF[signal]].hasRoom())
        throw new SeamtraceError('unavailable', `cannot take ${signal}: the store is slower than what arrives`)
      return budget.admit(announcedBytes)
    },
    take: async (signal, encoding, body, hold, project) => {
      const bytes = body.byteLength
      const { rows, taken, faults } = await deps.decode(signal, encoding, body, project).finally(hold.release)
      for (const fault of faults) deps.log.error(fault)
      const { spans, logs, metrics } = deps.sinks
      await Promise.all([spans.add(rows.spans, bytes), logs.add(rows.logs, bytes), metrics.add(rows.metrics, bytes)])
      deps.stats.of(project).accepted(signal, taken)
      const left = totalOf(taken.rejected)
      if (left > 0) deps.log.warn(`left out ${left} records of ${signal}: ${describe(taken)}`)
      return encodeExportResponse(taken, encoding, signal)
    },
    refuse: (error, what, project) => {
      const stats = deps.stats.of(project)
      if (error instanceof SeamtraceError) {
        stats.refused(error.code, project === undefined ? ERROR_CODES[error.code].title : error.message)
        return { status: ERROR_CODES[error.code].status, message: error.message }
      }
      deps.log.error(`cannot answer ${what}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      stats.refused('internal', 'internal error')
      return { status: 500, message: 'internal error' }
    },
  }
}
