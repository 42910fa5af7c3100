// Reads a request body into memory, bounded in what arrives, in what it inflates to, and in the time it takes.
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { messageOf, SeamtraceError } from '@seamtrace/schema'
import type { BodyLimits, Hold } from './limits.ts'

const tooLarge = (maxBytes: number): SeamtraceError =>
  new SeamtraceError('too_large', `cannot take a body of more than ${maxBytes} bytes: send smaller batches`)

/** Whether a body is gzipped, by the name of its encoding. */
export const isGzip = (encoding: string | undefined): boolean => {
  const name = (encoding ?? 'identity').trim().toLowerCase()
  if (name === 'gzip') return true
  if (name === 'identity' || name === '') return false
  throw new SeamtraceError('unsupported_media_type', `cannot read Content-Encoding ${JSON.stringify(name.slice(0, 50))}: use gzip or none`)
}

/**
 * How many bytes a body will have on the wire: 0 when it does not say.
 * @throws SeamtraceError too_large
 */
export const announcedBytes = (contentLength: string | undefined, gzipped: boolean, limits: BodyLimits): number => {
  const bytes = Number(contentLength ?? 0)
  const maxBytes = gzipped ? limits.maxCompressedBytes : limits.maxBytes
  if (bytes > maxBytes) throw tooLarge(maxBytes)
  return Number.isFinite(bytes) ? bytes : 0
}

export type Incoming = {
  stream: Readable
  gzipped: boolean
  /** 0 when nobody said */
  announcedBytes: number
}

/** @throws SeamtraceError too_large, unavailable (from `hold`), timeout, bad_request (broken gzip, aborted) */
export const readBody = async (incoming: Incoming, limits: BodyLimits, hold: Hold): Promise<Buffer> => {
  const body = await collect(incoming, incoming.gzipped ? limits.maxCompressedBytes : limits.maxBytes, limits.idleMs, hold)
  return incoming.gzipped ? inflate(body, limits, hold) : body
}

/**
 * Pieces become one. Where the size is known they are copied as they come, else at the end: a large body must not be in memory twice. What
 * was taken is held here no longer, however long the listeners of a stream live.
 */
const assembly = (announcedBytes: number) => {
  let whole: Buffer | undefined
  let pieces: Buffer[] = []
  let bytes = 0
  return {
    bytes: () => bytes,
    add: (piece: Buffer): void => {
      if (bytes === 0 && piece.length < announcedBytes) whole = Buffer.allocUnsafeSlow(announcedBytes)
      if (whole) piece.copy(whole, bytes)
      else pieces.push(piece)
      bytes += piece.length
    },
    take: (): Buffer => {
      const [first] = pieces
      const all = whole?.subarray(0, bytes) ?? (first && pieces.length === 1 ? first : Buffer.concat(pieces, bytes))
      whole = undefined
      pieces = []
      return all
    },
  }
}

const collect = ({ stream, announcedBytes }: Incoming, maxBytes: number, idleMs: number, hold: Hold): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const body = assembly(announcedBytes)
    const timer = setTimeout(() => fail(new SeamtraceError('timeout', `cannot read body: nothing came for ${idleMs} ms`)), idleMs)
    const end = (): void => {
      clearTimeout(timer)
      stream.removeListener('data', take)
    }
    const fail = (error: Error): void => {
      end()
      reject(error)
    }
    const take = (chunk: Buffer): void => {
      timer.refresh()
      if (body.bytes() + chunk.length > maxBytes) return fail(tooLarge(maxBytes))
      try {
        hold.add(chunk.length)
        body.add(chunk)
      } catch (error) {
        fail(error as Error)
      }
    }
    const broken = (): void => fail(new SeamtraceError('bad_request', `cannot read body: it ended after ${body.bytes()} bytes`))
    // a client that went away while its key was looked up has left no event behind
    if (stream.destroyed) return broken()
    stream.on('data', take)
    stream.once('end', () => {
      end()
      resolve(body.take())
    })
    stream.once('error', broken)
    stream.once('close', broken)
  })

/** Bytes are counted as they come out: a bomb is stopped after its first megabyte, whatever it says it holds. */
export const inflate = (body: Buffer, limits: BodyLimits, hold: Hold): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const gunzip = createGunzip({ chunkSize: 64 * 1024 })
    const inflated = assembly(0)
    const fail = (error: Error): void => {
      gunzip.destroy()
      reject(error)
    }
    gunzip.on('data', (chunk: Buffer) => {
      const bytes = inflated.bytes() + chunk.length
      if (bytes > limits.maxBytes || (bytes > limits.ratioFromBytes && bytes > limits.maxRatio * gunzip.bytesWritten)) {
        const message = `cannot take a body that inflates to more than ${limits.maxBytes} bytes or ${limits.maxRatio} times: send smaller batches`
        return fail(new SeamtraceError('too_large', message))
      }
      try {
        hold.add(chunk.length)
        inflated.add(chunk)
      } catch (error) {
        fail(error as Error)
      }
    })
    gunzip.once('end', () => resolve(inflated.take()))
    gunzip.once('error', (error) =>
      fail(new SeamtraceError('bad_request', `cannot inflate body of ${body.length} bytes: ${messageOf(error)}`, { cause: error })),
    )
    gunzip.end(body)
  })
