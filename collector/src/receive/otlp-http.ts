// The OTLP/HTTP receiver: what /v1/traces takes and answers. https://opentelemetry.io/docs/specs/otlp/#otlphttp
import { ERROR_CODES, messageOf, type RecognizedSpan, SeamtraceError, type Span } from '@seamtrace/schema'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { encodeExportResponse, encodeStatus } from '../decode/answers.ts'
import { decodeTraces, type OtlpEncoding } from '../decode/decode-traces.ts'
import { type Rejected, rejectSpan } from '../decode/decoded.ts'
import { type SpanRow, toSpanRow } from '../store/span-row.ts'
import type { IngestBuffer } from './ingest-buffer.ts'
import type { IngestStats } from './ingest-stats.ts'
import { BODY_LIMITS, type BodyLimits, readBody } from './read-body.ts'

export type ReceiverDeps = {
  buffer: Pick<IngestBuffer, 'add' | 'hasRoom'>
  stats: IngestStats
  recognize: (span: Span) => RecognizedSpan
  log: { warn(message: string): void; error(message: string): void }
  project?: string
  limits?: BodyLimits
  /** bound on the bytes of all bodies that are being read and decoded at one time */
  maxReadingBytes?: number
}

const MEDIA_TYPES: Record<string, OtlpEncoding> = { 'application/x-protobuf': 'protobuf', 'application/json': 'json' }
const RETRY_AFTER_SECONDS = 2
const MAX_READING_BYTES = 256 * 1024 * 1024

// Refused and not accepted with a partial success: several SDKs pass over a partial success without a word, so their users
// would believe that logs and metrics are kept. 501 is final for every exporter (no retries) and each of them reports it.
const NOT_STORED = ['/v1/logs', '/v1/metrics']

export function createReceiver(deps: ReceiverDeps): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  const budget: Budget = { bytes: 0, maxBytes: deps.maxReadingBytes ?? MAX_READING_BYTES }
  app.post('/v1/traces', (request, response) => receiveTraces(deps, budget, request, response))
  app.all('/v1/traces', (request, response) => {
    response.setHeader('Allow', 'POST')
    refuse(deps, request, response, 'method_not_allowed', 405, `cannot ${request.method} /v1/traces: use POST`)
  })
  app.all(NOT_STORED, (request, response) => {
    refuse(
      deps,
      request,
      response,
      `${request.path.slice(4)}_not_stored`,
      501,
      `${request.path.slice(4)} are not stored by this release: send traces only`,
    )
  })
  app.use((request, response) => {
    refuse(deps, request, response, 'not_found', 404, `cannot find ${request.path.slice(0, 100)}: OTLP traces go to POST /v1/traces`)
  })
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => answerError(deps, request, response, error))
  return app
}

type Budget = { bytes: number; maxBytes: number }

async function receiveTraces(deps: ReceiverDeps, budget: Budget, request: Request, response: Response): Promise<void> {
  const encoding = encodingOf(request)
  if (!encoding) {
    const given = JSON.stringify((request.headers['content-type'] ?? '').slice(0, 100))
    throw new SeamtraceError('unsupported_media_type', `cannot read Content-Type ${given}: use application/x-protobuf or application/json`)
  }
  // before the body is read: a full buffer must not fill the heap too
  if (!deps.buffer.hasRoom()) throw new SeamtraceError('unavailable', 'cannot take spans: the store is slower than what arrives')
  const { rows, rejected, bytes } = await readSpanRows(deps, budget, request, encoding)
  await deps.buffer.add(rows, bytes)

  const left = rejected.reduce((sum, group) => sum + group.count, 0)
  deps.stats.accepted(rows.length, left)
  if (left > 0) deps.log.warn(`left out ${left} of ${left + rows.length} spans: ${rejected.map((group) => group.reason).join('; ')}`)
  answer(response, 200, encoding, encodeExportResponse(rejected, encoding))
}

type Received = { rows: SpanRow[]; rejected: Rejected[]; bytes: number }

async function readSpanRows(deps: ReceiverDeps, budget: Budget, request: Request, encoding: OtlpEncoding): Promise<Received> {
  let held = 0
  const hold = (bytes: number) => {
    held += bytes
    budget.bytes += bytes
    if (budget.bytes > budget.maxBytes) throw new SeamtraceError('unavailable', 'cannot take spans: too many large bodies at one time')
  }
  try {
    const body = await readBody(request, deps.limits ?? BODY_LIMITS, hold)
    const { spans, rejected } = decodeTraces(body, encoding)
    return { rows: toRows(deps, spans, rejected), rejected, bytes: body.byteLength }
  } finally {
    budget.bytes -= held
  }
}

// A rule that fails on one span must not cost its neighbors.
function toRows(deps: ReceiverDeps, spans: Span[], rejected: Rejected[]): SpanRow[] {
  const rows: SpanRow[] = []
  for (const span of spans) {
    try {
      rows.push(toSpanRow(deps.project ?? 'default', deps.recognize(span)))
    } catch (error) {
      deps.log.error(`cannot recognize span ${span.traceId}/${span.spanId}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      rejectSpan({ spans, rejected }, 'internal error while recognizing', span.name)
    }
  }
  return rows
}

/** By its media type alone: parameters such as a charset do not matter. */
function encodingOf(request: Request): OtlpEncoding | undefined {
  const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0] ?? ''
  return MEDIA_TYPES[mediaType.trim().toLowerCase()]
}

function answerError(deps: ReceiverDeps, request: Request, response: Response, error: unknown): void {
  if (request.destroyed && !request.complete) return void response.destroy()
  if (!(error instanceof SeamtraceError)) {
    deps.log.error(
      `cannot answer ${request.method} ${request.path.slice(0, 100)}: ${error instanceof Error ? error.stack : messageOf(error)}`,
    )
    return refuse(deps, request, response, 'internal', 500, 'internal error')
  }
  const { status } = ERROR_CODES[error.code]
  if (status === 503) response.setHeader('Retry-After', String(RETRY_AFTER_SECONDS))
  refuse(deps, request, response, error.code, status, error.message)
}

function refuse(deps: ReceiverDeps, request: Request, response: Response, reason: string, status: number, message: string): void {
  deps.stats.refused(reason, message)
  const encoding = encodingOf(request) ?? 'json'
  answer(response, status, encoding, encodeStatus(status, message, encoding))
}

function answer(response: Response, status: number, encoding: OtlpEncoding, body: Buffer): void {
  response.statusCode = status
  response.setHeader('Content-Type', encoding === 'json' ? 'application/json' : 'application/x-protobuf')
  response.setHeader('Content-Length', body.byteLength)
  response.end(body)
}
