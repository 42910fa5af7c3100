// Starts everything between the wire and the spool: decoding, OTLP over HTTP and over gRPC.
import type { ServerOptions } from 'node:http'
import type { RecognizedSpan, Span } from '@seamtrace/schema'
import type { Access } from './access/access.ts'
import { addressCheck } from './access/hosts.ts'
import { GRACE_MS, listen, listenError } from './ports.ts'
import { createDecodePool } from './receive/decode-pool.ts'
import { createIntake } from './receive/intake.ts'
import { type BodyLimits, createBudget, SERVER_TIMEOUTS } from './receive/limits.ts'
import { startGrpcReceiver } from './receive/otlp-grpc.ts'
import { createReceiver } from './receive/otlp-http.ts'
import { createProjectStats, type ProjectStats } from './receive/project-stats.ts'
import type { Spool } from './spool/spool.ts'

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
  /** bodies that have come and wait to be decoded */
  waiting(): number
  /** Takes nothing more; what was received is in the spool then. */
  close(): Promise<void>
}

type Log = { warn(message: string): void; error(message: string): void }

/** @throws SeamtraceError port_taken */
export const startReceivers = async (spool: Pick<Spool, 'append' | 'hasRoom'>, config: ReceiversConfig, log: Log): Promise<Receivers> => {
  const stats = createProjectStats()
  const pool = createDecodePool({ recognize: config.recognize, disabledRules: config.disabledRules })
  const intake = createIntake({
    decode: pool.decode,
    keep: ({ bytes, count, form }) => spool.append(bytes, count, form),
    hasRoom: spool.hasRoom,
    stats,
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
    await Promise.all([http.close(), grpc.close(GRACE_MS)])
    await pool.close()
  }
  return { ports: { otlpHttp: http.port, otlpGrpc: grpc.port }, stats, waiting: pool.waiting, close }
}
