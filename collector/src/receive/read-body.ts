// Reads a request body into memory with a bound on what arrives and on what it inflates to.
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { messageOf, SeamtraceError } from '@seamtrace/schema'

export type BodyLimits = { maxCompressedBytes: number; maxBytes: number }

/** Told of every byte that is kept; throws when all requests together keep too many. */
export type Hold = (bytes: number) => void

/** 64 MiB is what OTLP 1.11 recommends, also after decompression; zeros deflate 1000 : 1, so both sides need a bound. */
export const BODY_LIMITS: BodyLimits = { maxCompressedBytes: 16 * 1024 * 1024, maxBytes: 64 * 1024 * 1024 }

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)

/** @throws SeamtraceError too_large, unavailable (from `hold`), unsupported_media_type (encodings other than gzip), bad_request (broken gzip, aborted) */
export async function readBody(request: IncomingMessage, limits: BodyLimits, hold: Hold): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding !== 'gzip' && encoding !== 'identity' && encoding !== '') {
    throw new SeamtraceError(
      'unsupported_media_type',
      `cannot read Content-Encoding ${JSON.stringify(encoding.slice(0, 50))}: use gzip or none`,
    )
  }
  const gzipped = encoding === 'gzip'
  const body = await collect(request, gzipped ? limits.maxCompressedBytes : limits.maxBytes, hold)
  if (!gzipped) return body
  const inflated = await inflateWithin(body, limits.maxBytes)
  hold(inflated.byteLength)
  return inflated
}

async function collect(request: IncomingMessage, maxBytes: number, hold: Hold): Promise<Buffer> {
  const tooLarge = () => new SeamtraceError('too_large', `cannot take a body of more than ${maxBytes} bytes: send smaller batches`)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const fail = (error: Error) => {
      request.removeAllListeners('data')
      reject(error)
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) return fail(tooLarge())
      chunks.push(chunk)
      try {
        hold(chunk.length)
      } catch (error) {
        fail(error as Error)
      }
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', () => fail(new SeamtraceError('bad_request', `cannot read body: it ended after ${bytes} bytes`)))
  })
}

async function inflateWithin(body: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await inflate(body, { maxOutputLength: maxBytes })
  } catch (error) {
    if (error instanceof RangeError) {
      throw new SeamtraceError('too_large', `cannot take a body that inflates to more than ${maxBytes} bytes: send smaller batches`, {
        cause: error,
      })
    }
    throw new SeamtraceError('bad_request', `cannot inflate body of ${body.length} bytes: ${messageOf(error)}`, { cause: error })
  }
}
