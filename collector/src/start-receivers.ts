// Starts everything between the wire and the store: buffers, decoding, OTLP over HTTP and over gRPC.
import type { ServerOptions } from 'node:http'
import type { RecognizedSpan, Span } from '@seamtrace/schema'
import type { Access } from './access/access.ts'
import { addressCheck } from './access/hosts.ts'
import { GRACE_MS, listen, listenError } from './ports.ts'
import { createDecodePool } from './receive/decode-pool.ts'
import { createIngestBuffer } from './receive/ingest-buffer.ts'
import { createIntake } from './receive/intake.ts'
import { type BodyLimits, createBudget, SERVER_TIMEOUTS } from './receive/limits.ts'
import { startGrpcReceiver } from './receive/otlp-grpc.ts'
import { createReceiver } from './receive/otlp-http.ts'
import { createProjectStats, type ProjectStats } from './receive/project-stats.ts'
import { insertLogs, insertMetrics } from './store/insert-records.ts'
import { insertSpans } from './store/insert-spans.ts'
import type { LogRow } from './store/log-row.ts'
import type { MetricRow } from './store/metric-row.ts'
import type { Store } from './store/open.ts'
import type { SpanRow } from './store/span-row.ts'

export type ReceiversConfig = {
  host: string
  otlpHttpPort: number
  otlpGrpcPort: number
  /** further names by which HTTP requests may call this host */
  allowedHosts?: readonly string[]
  access: Pick<Access, 'admit'>
  recognize: (span: Span) => RecognizedSpan
  disabledRules?: readonly string[]
  limits?: BodyLimits
  timeouts?: ServerOptions
  maxInFlightBytes?: number
}

export type Receivers = {
  ports: { otlpHttp: number; otlpGrpc: number }
  stats: ProjectStats
  /** Takes nothing more, and stores what was received. */
  close(): Promise<void>
}

type Log = { warn(message: string): void; error(message: string): void }

/** @throws SeamtraceError port_taken */
export const startReceivers = async (store: Pick<Store, 'client'>, config: ReceiversConfig, log: Log): Promise<Receivers> => {
  const warn = (message: string) => log.warn(message)
  const sinks = {
    spans: createIngestBuffer<SpanRow>({ insert: (rows) => insertSpans(store, rows), warn }),
    logs: createIngestBuffer<LogRow>({ insert: (rows) => insertLogs(store, rows), warn }),
    metrics: createIngestBuffer<MetricRow>({ insert: (rows) => insertMetrics(store, rows), warn }),
  }
  const stats = createProjectStats()
  const pool = createDecodePool({ recognize: config.recognize, disabledRules: config.disabledRules })
  const intake = createIntake({
    sinks,
    stats,
    decode: pool.decode,
    log,
    limits: config.limits,
    budget: createBudget(config.maxInFlightBytes),
  })
  const { host, otlpHttpPort, otlpGrpcPort, access, allowedHosts = [] } = config
  const guard = { access, checkAddress: addressCheck([host, ...allowedHosts]) }
  const http = await listen(createReceiver(intake, guard), host, otlpHttpPort, '--otlp-http-port', config.timeouts ?? SERVER_TIMEOUTS)
  const grpc = await startGrpcReceiver(intake, access, host, otlpGrpcPort).catch(async (error: NodeJS.ErrnoException) => {
    await http.close()
    throw listenError(error, host, otlpGrpcPort, '--otlp-grpc-port')
  })
  const close = async (): Promise<void> => {
    // together: the last requests are answered when their rows are stored
    const buffers = Object.values(sinks).map((sink) => sink.close())
    await Promise.all([http.close(), grpc.close(GRACE_MS), ...buffers])
    await pool.close()
  }
  return { ports: { otlpHttp: http.port, otlpGrpc: grpc.port }, stats, close }
}
