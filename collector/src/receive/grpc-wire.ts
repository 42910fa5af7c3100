// What @grpc/grpc-js keeps to itself and our limits need: the stream of a call, to count its bytes before they are a message.
import { Readable } from 'node:stream'
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js'
import { SeamtraceError } from '@seamtrace/schema'
import type { BodyLimits, Budget, Hold } from './limits.ts'

/*
 * The library gives a message out only when it is whole and inflated, with one limit for both sizes and none for their ratio
 * or for all calls together: 32 bombs at a time would be 2 GiB. So these two private fields are read, which is why the
 * version of the library is pinned; otlp-grpc.test.ts goes red when they are not what they were.
 */
type Wire = { stream: Readable; incomingEncoding: string }

const wireOf = (call: ServerInterceptingCallInterface): Wire => {
  const wire = call as unknown as Partial<Wire>
  if (!(wire.stream instanceof Readable) || typeof wire.incomingEncoding !== 'string')
    throw new Error('cannot bound gRPC calls: this version of @grpc/grpc-js has other fields')
  return wire as Wire
}

export type WatchedCall = { gzipped: boolean; hold: Hold; done(): void }

const PREFIX_BYTES = 5

/**
 * Watches the body of a call while it comes; the library leaves it compressed.
 * @param fail called once, when a limit is reached
 * @throws SeamtraceError unsupported_media_type
 */
export const watchCall = (
  call: ServerInterceptingCallInterface,
  limits: BodyLimits,
  admit: Budget['admit'],
  fail: (error: unknown) => void,
): WatchedCall => {
  const wire = wireOf(call)
  const encoding = wire.incomingEncoding
  if (encoding !== 'gzip' && encoding !== 'identity')
    throw new SeamtraceError(
      'unsupported_media_type',
      `cannot read grpc-encoding ${JSON.stringify(encoding.slice(0, 50))}: use gzip or identity`,
    )
  wire.incomingEncoding = 'identity'
  const gzipped = encoding === 'gzip'
  const hold = admit(0)
  const count = countMessage(gzipped ? limits.maxCompressedBytes : limits.maxBytes, hold)

  const timer = setTimeout(
    () => stop(new SeamtraceError('timeout', `cannot read body: nothing came for ${limits.idleMs} ms`)),
    limits.idleMs,
  )
  const done = (): void => {
    clearTimeout(timer)
    wire.stream.off('data', take)
  }
  const stop = (error: unknown): void => {
    done()
    hold.release()
    fail(error)
  }
  const take = (chunk: Buffer): void => {
    timer.refresh()
    try {
      count(chunk)
    } catch (error) {
      stop(error)
    }
  }
  wire.stream.on('data', take)
  wire.stream.once('close', () => {
    done()
    hold.release()
  })
  return { gzipped, hold, done }
}

/** The length stands in front of the message, so that its bytes are admitted before they come. */
const countMessage = (maxBytes: number, hold: Hold): ((chunk: Buffer) => void) => {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  let bytes = 0
  let announced: number | undefined
  return (chunk) => {
    if (bytes < PREFIX_BYTES) chunk.copy(prefix, bytes, 0, PREFIX_BYTES - bytes)
    bytes += chunk.length
    if (bytes < PREFIX_BYTES) return
    if (announced === undefined) {
      announced = prefix.readUInt32BE(1)
      if (announced > maxBytes)
        throw new SeamtraceError('too_large', `cannot take a message of ${announced} bytes, more than ${maxBytes}: send smaller batches`)
      hold.add(announced)
    }
    if (bytes > announced + PREFIX_BYTES) throw new SeamtraceError('bad_request', 'cannot take more than one message in a call')
  }
}
