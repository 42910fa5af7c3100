// The OTLP/gRPC receiver: unary Export of traces, logs and metrics, by the same way as HTTP. https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
import {
  status as Code,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  type ServiceDefinition,
  type StatusObject,
} from '@grpc/grpc-js'
import { SeamtraceError } from '@seamtrace/schema'
import type { Access } from '../access/access.ts'
import { credentialOf } from '../access/credential.ts'
import { encodeRetryStatus, rpcCodeOf, shorten } from '../decode/answers.ts'
import type { SignalName } from '../decode/json-values.ts'
import { type WatchedCall, watchCall } from './grpc-wire.ts'
import type { Intake } from './intake.ts'
import { RETRY_AFTER_SECONDS } from './limits.ts'
import { inflate } from './read-body.ts'

export type GrpcReceiver = {
  port: number /** Answers what is under way, for so long at the most. */
  close(graceMs: number): Promise<void>
}

/**
 * Listens; port 0 takes any free one.
 * @throws Error as `net` gives it, with its `code`
 */
export const startGrpcReceiver = (intake: Intake, access: Pick<Access, 'admit'>, host: string, port: number): Promise<GrpcReceiver> => {
  const server = createServer(intake, access)
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (!error) return resolve({ port: bound, close: (graceMs) => close(server, graceMs) })
      // the library wraps what `net` says into a text
      const code = /\b(E[A-Z]{3,})\b/.exec(error.message)?.[1]
      reject(Object.assign(new Error(error.message, { cause: error }), { code }))
    })
  })
}

const close = (server: Server, graceMs: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), graceMs)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })

type AdmittedCall = WatchedCall & { project: string }

const createServer = (intake: Intake, access: Pick<Access, 'admit'>): Server => {
  const calls = new WeakMap<Metadata, AdmittedCall>()
  const server = new Server({
    // grpc-wire.ts bounds it, and says what to do about it
    'grpc.max_receive_message_length': -1,
    'grpc.max_concurrent_streams': 256,
    'grpc.max_connection_idle_ms': 10 * 60_000,
    'grpc-node.flow_control_window': 1024 * 1024,
    interceptors: [admission(intake, access, calls)],
  })
  for (const signal of SIGNALS) server.addService(definitionOf(GRPC_PATHS[signal]), { Export: exportOf(intake, signal, calls) })
  return server
}

export const GRPC_PATHS: Record<SignalName, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
}
const SIGNALS = Object.keys(GRPC_PATHS) as SignalName[]

const asIs = (bytes: Buffer): Buffer => bytes

const definitionOf = (path: string): ServiceDefinition => ({
  Export: {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
})

const signalOf = (path: string): SignalName => SIGNALS.find((signal) => GRPC_PATHS[signal] === path) ?? 'traces'

/** Who calls, then whether there is room: both before a byte of the message is read, as over HTTP. The stream stands still until then. */
const admission =
  (intake: Intake, access: Pick<Access, 'admit'>, calls: WeakMap<Metadata, AdmittedCall>): ServerInterceptor =>
  (method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next(
          new ServerListenerBuilder()
            .withOnReceiveMetadata((metadata, received) => {
              let refused = false
              let project: string | undefined
              const refuse = (error: unknown): void => {
                if (refused) return
                refused = true
                call.sendStatus(statusOf(intake, error, method.path, project))
              }
              const start = async (): Promise<void> => {
                const caller = await access.admit(credentialOf(headersOf(metadata)), 'ingest')
                project = caller.project
                const admit = (bytes: number) => intake.admit(signalOf(method.path), bytes)
                calls.set(metadata, { ...watchCall(call, intake.limits, admit, refuse), project })
                received(metadata)
              }
              start().catch(refuse)
            })
            .build(),
        ),
    })

const headersOf = (metadata: Metadata): { [name: string]: string } =>
  Object.fromEntries(['authorization', 'x-seamtrace-key'].map((name) => [name, String(metadata.get(name)[0] ?? '')]))

const exportOf =
  (intake: Intake, signal: SignalName, calls: WeakMap<Metadata, AdmittedCall>): handleUnaryCall<Buffer, Buffer> =>
  (call, answer) => {
    const watched = calls.get(call.metadata)
    watched?.done()
    const take = async (): Promise<Buffer> => {
      if (!watched) throw new Error('cannot find the admission of a call')
      // the prefix of an uncompressed message may say so in spite of the header; a protobuf never begins like gzip
      const gzipped = watched.gzipped && call.request[0] === 0x1f && call.request[1] === 0x8b
      const body = gzipped ? await inflate(call.request, intake.limits, watched.hold) : call.request
      return intake.take(signal, 'protobuf', body, watched.hold, watched.project)
    }
    take()
      .then(
        (response) => answer(null, response),
        (error) => answer(statusOf(intake, error, call.getPath(), watched?.project)),
      )
      .finally(() => watched?.hold.release())
  }

/** What stands in trailers must be short: some clients take 8 KiB of them. */
const MAX_DETAILS = 500

const statusOf = (intake: Intake, error: unknown, what: string, project: string | undefined): StatusObject => {
  const { status, message } = intake.refuse(error, what, project)
  const details = shorten(message.slice(0, MAX_DETAILS))
  const metadata = new Metadata()
  if (status === 503) metadata.set('grpc-status-details-bin', encodeRetryStatus(Code.UNAVAILABLE, details, RETRY_AFTER_SECONDS))
  const unsupported = error instanceof SeamtraceError && error.code === 'unsupported_media_type'
  return { code: unsupported ? Code.UNIMPLEMENTED : rpcCodeOf(status), details, metadata }
}
