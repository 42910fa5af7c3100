// One OTLP request over each transport: the same OTLP/JSON object as protobuf or JSON over HTTP, or as protobuf over gRPC.
import { connect } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { decodeMessage, encodeMessage } from '../../collector/src/decode/otlp.fixture.ts'

export type Signal = 'traces' | 'logs' | 'metrics'
export const TRANSPORTS = ['http/protobuf', 'http/json', 'grpc'] as const
export type Transport = (typeof TRANSPORTS)[number]
export type Target = { httpUrl: string; grpcAddress: string }

export type Answer = {
  /** of HTTP; for gRPC 200 when the code is 0 */
  status: number
  /** of google.rpc; 0 when all went well */
  code: number
  rejected: number
  /** of the partial success or of the error */
  message: string
  /** gRPC only */
  metadata?: Metadata
}

const MESSAGES = { traces: 'ExportTraceServiceRequest', logs: 'ExportLogsServiceRequest', metrics: 'ExportMetricsServiceRequest' } as const
const REJECTED = { traces: 'rejectedSpans', logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints' } as const
const PATHS = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
}

/** OTLP/JSON has ids as hex; protobufjs takes bytes. Its other texts for bytes are base64 on both sides. */
const withBytes = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withBytes)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      /^(trace|span|parentSpan)Id$/.test(key) ? Buffer.from(String(item), 'hex') : withBytes(item),
    ]),
  )
}

export const toProtobuf = (signal: Signal, request: object): Buffer => encodeMessage(MESSAGES[signal], withBytes(request) as object)
export const toJson = (request: object): Buffer => Buffer.from(JSON.stringify(request))

export const send = async (target: Target, transport: Transport, signal: Signal, request: object, gzip: boolean): Promise<Answer> => {
  if (transport === 'grpc') return sendGrpc(target, signal, toProtobuf(signal, request), { gzip })
  const json = transport === 'http/json'
  const body = json ? toJson(request) : toProtobuf(signal, request)
  const headers = { 'content-type': json ? 'application/json' : 'application/x-protobuf', ...(gzip ? { 'content-encoding': 'gzip' } : {}) }
  return sendHttp(target, `/v1/${signal}`, gzip ? gzipSync(body) : body, headers)
}

export const sendHttp = async (
  target: Target,
  path: string,
  body: Buffer,
  headers: Record<string, string>,
  method = 'POST',
): Promise<Answer> => {
  const response = await fetch(target.httpUrl + path, { method, headers, ...(method === 'GET' ? {} : { body: new Uint8Array(body) }) })
  const bytes = Buffer.from(await response.arrayBuffer())
  const json = response.headers.get('content-type') === 'application/json'
  const signal = path.slice('/v1/'.length) as Signal
  if (response.status === 200)
    return {
      status: 200,
      ...readResponse(
        json ? JSON.parse(bytes.toString()) : decodeMessage('ExportTraceServiceResponse', bytes),
        json ? REJECTED[signal] : 'rejectedSpans',
      ),
    }
  const { code = 0, message = '' } = (json ? JSON.parse(bytes.toString()) : decodeMessage('RpcStatus', bytes)) as {
    code?: number
    message?: string
  }
  return { status: response.status, code, message, rejected: 0 }
}

const readResponse = (response: Record<string, unknown>, rejectedName: string): Omit<Answer, 'status'> => {
  const partial = (response.partialSuccess ?? {}) as Record<string, string>
  return { code: 0, rejected: Number(partial[rejectedName] ?? 0), message: partial.errorMessage ?? '' }
}

type GrpcOptions = { gzip?: boolean; path?: string; channel?: Record<string, number>; metadata?: Record<string, string> }

const asIs = (bytes: Buffer): Buffer => bytes

/** A connection for many calls. */
export const openGrpc = (target: Target, options: GrpcOptions = {}) => {
  const client = new Client(target.grpcAddress, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    ...(options.gzip ? { 'grpc.default_compression_algorithm': 2 } : {}),
    ...options.channel,
  })
  const send = (signal: Signal, body: Buffer): Promise<Answer> =>
    new Promise((resolve) => {
      const done = (error: ServiceError | null, response?: Buffer): void => {
        if (error) resolve({ status: 0, code: error.code, message: error.details, rejected: 0, metadata: error.metadata })
        else
          resolve({
            status: 200,
            ...readResponse(decodeMessage('ExportTraceServiceResponse', response ?? Buffer.alloc(0)), 'rejectedSpans'),
          })
      }
      const metadata = new Metadata()
      for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value)
      client.makeUnaryRequest(options.path ?? PATHS[signal], asIs, asIs, body, metadata, { deadline: Date.now() + 60_000 }, done)
    })
  return { send, close: () => client.close() }
}

/** One call on a connection of its own. */
export const sendGrpc = async (target: Target, signal: Signal, body: Buffer, options: GrpcOptions = {}): Promise<Answer> => {
  const grpc = openGrpc(target, options)
  return grpc.send(signal, body).finally(grpc.close)
}

/** A message that is gzipped already: no client would send such a one. */
export const sendGrpcGzipped = (target: Target, signal: Signal, body: Buffer): Promise<Answer> =>
  new Promise((resolve) => {
    const session = connect(`http://${target.grpcAddress}`)
    const stream = session.request({
      ':method': 'POST',
      ':path': PATHS[signal],
      'content-type': 'application/grpc',
      'grpc-encoding': 'gzip',
      te: 'trailers',
    })
    const finish = (fields: Record<string, unknown>): void => {
      if (fields['grpc-status'] === undefined) return
      resolve({ status: 0, code: Number(fields['grpc-status']), message: decodeURI(String(fields['grpc-message'])), rejected: 0 })
      session.destroy()
    }
    stream.on('error', () => {})
    stream.once('response', finish)
    stream.once('trailers', finish)
    const prefix = Buffer.from([1, 0, 0, 0, 0])
    prefix.writeUInt32BE(body.length, 1)
    stream.end(Buffer.concat([prefix, body]))
    stream.resume()
  })
