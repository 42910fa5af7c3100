// The OTLP/HTTP receiver: what /v1/traces, /v1/logs and /v1/metrics take and answer. https://opentelemetry.io/docs/specs/otlp/#otlphttp
import { SeamtraceError } from '@seamtrace/schema'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import type { Access } from '../access/access.ts'
import { credentialOf } from '../access/credential.ts'
import type { CheckAddress } from '../access/hosts.ts'
import { encodeStatus } from '../decode/answers.ts'
import type { OtlpEncoding } from '../decode/decode-traces.ts'
import type { SignalName } from '../decode/json-values.ts'
import type { Intake } from './intake.ts'
import { RETRY_AFTER_SECONDS } from './limits.ts'
import { announcedBytes, isGzip, readBody } from './read-body.ts'

const MEDIA_TYPES: Record<string, OtlpEncoding> = { 'application/x-protobuf': 'protobuf', 'application/json': 'json' }
const SIGNALS: readonly SignalName[] = ['traces', 'logs', 'metrics']

export type Guard = { access: Pick<Access, 'admit'>; checkAddress: CheckAddress }
type Answering = Response<unknown, { project?: string }>

export const createReceiver = (intake: Intake, { access, checkAddress }: Guard): Express => {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  // before everything else: a stranger learns nothing, and not a byte of the body is read
  app.use(async (request, response: Answering, next) => {
    checkAddress(request.headers)
    response.locals.project = (await access.admit(credentialOf(request.headers), 'ingest')).project
    next()
  })
  for (const signal of SIGNALS) {
    app.post(`/v1/${signal}`, (request, response: Answering) => receive(intake, signal, request, response))
    app.all(`/v1/${signal}`, (request, response) => {
      response.setHeader('Allow', 'POST')
      throw new SeamtraceError('method_not_allowed', `cannot ${request.method} /v1/${signal}: use POST`)
    })
  }
  app.use((request: Request) => {
    throw new SeamtraceError('not_found', `cannot find ${pathOf(request)}: OTLP goes to POST /v1/traces, /v1/logs or /v1/metrics`)
  })
  app.use((error: unknown, request: Request, response: Answering, _next: NextFunction) => answerError(intake, request, response, error))
  return app
}

const receive = async (intake: Intake, signal: SignalName, request: Request, response: Answering): Promise<void> => {
  const { project } = response.locals
  if (project === undefined) throw new Error('cannot take a request that was not admitted')
  const encoding = encodingOf(request)
  if (!encoding) {
    const given = JSON.stringify((request.headers['content-type'] ?? '').slice(0, 100))
    throw new SeamtraceError('unsupported_media_type', `cannot read Content-Type ${given}: use application/x-protobuf or application/json`)
  }
  const gzipped = isGzip(request.headers['content-encoding'])
  // before the body is read: what cannot be stored must not fill the memory either
  const bytes = announcedBytes(request.headers['content-length'], gzipped, intake.limits)
  const hold = intake.admit(signal, bytes)
  try {
    const body = await readBody({ stream: request, gzipped, announcedBytes: bytes }, intake.limits, hold)
    answer(response, 200, encoding, await intake.take(signal, encoding, body, hold, project))
  } finally {
    hold.release()
  }
}

/** By its media type alone: parameters such as a charset do not matter. */
const encodingOf = (request: Request): OtlpEncoding | undefined => {
  const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0] ?? ''
  return MEDIA_TYPES[mediaType.trim().toLowerCase()]
}

const pathOf = (request: Request): string => request.path.slice(0, 100)

const answerError = (intake: Intake, request: Request, response: Answering, error: unknown): void => {
  // nobody is there any more to be told; not counted as refused either
  if (request.destroyed && !request.complete) return void response.destroy()
  const { status, message } = intake.refuse(withoutServerError(error), `${request.method} ${pathOf(request)}`, response.locals.project)
  if (status === 503) response.setHeader('Retry-After', String(RETRY_AFTER_SECONDS))
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="seamtrace"')
  // what the slow client still sends must not be waited for, nor what nobody is going to read
  if (status === 408 || isMuchLeft(request)) response.setHeader('Connection', 'close')
  const encoding = encodingOf(request) ?? 'json'
  answer(response, status, encoding, encodeStatus(status, message, encoding))
}

/** Small bodies are read to their end for the sake of the connection: the next request on it costs less than a new one. */
const isMuchLeft = (request: Request): boolean => !request.complete && !(Number(request.headers['content-length']) <= MUCH_BYTES)
const MUCH_BYTES = 256 * 1024

/** Express itself refuses a path that cannot be decoded (`/%ff`) with a 400. */
const withoutServerError = (error: unknown): unknown =>
  error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400)
    ? new SeamtraceError('bad_request', 'cannot read the path of the request')
    : error

const answer = (response: Response, status: number, encoding: OtlpEncoding, body: Buffer): void => {
  response.statusCode = status
  response.setHeader('Content-Type', encoding === 'json' ? 'application/json' : 'application/x-protobuf')
  response.setHeader('Content-Length', body.byteLength)
  response.end(body)
}
