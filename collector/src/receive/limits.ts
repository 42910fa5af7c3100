// The limits that hold before a request is in memory: bytes on the wire, bytes inflated, their ratio, all requests together, time.
import { SeamtraceError } from '@seamtrace/schema'

export type BodyLimits = {
  maxCompressedBytes: number
  /** also of a body that was sent as it is */
  maxBytes: number
  maxRatio: number
  /** small texts of one word deflate far beyond any ratio */
  ratioFromBytes: number
  /** a client that sends nothing for so long is told 408 */
  idleMs: number
}

/** 64 MiB is what OTLP 1.11 recommends, also after decompression. Telemetry deflates 5 to 20 times, zeros 1,000 times. */
export const BODY_LIMITS: BodyLimits = {
  maxCompressedBytes: 16 * 1024 * 1024,
  maxBytes: 64 * 1024 * 1024,
  maxRatio: 200,
  ratioFromBytes: 1024 * 1024,
  idleMs: 10_000,
}

/** What Node's HTTP server holds against slow clients by itself: it answers 408 and closes. */
export const SERVER_TIMEOUTS = {
  headersTimeout: 10_000,
  /** from the first byte of a request to its last */
  requestTimeout: 60_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 30_000,
}

/** What all bodies may hold that are being read, inflated and decoded at one time. */
export const MAX_IN_FLIGHT_BYTES = 96 * 1024 * 1024

export const RETRY_AFTER_SECONDS = 2

/** The bytes in flight of one request. */
export type Hold = {
  /** @throws SeamtraceError unavailable when all requests together would hold too much */
  add(bytes: number): void
  release(): void
}

export type Budget = {
  /** @throws SeamtraceError unavailable, before a byte of the body was read */
  admit(announcedBytes: number): Hold
}

export const createBudget = (maxBytes = MAX_IN_FLIGHT_BYTES): Budget => {
  let inFlight = 0
  const take = (bytes: number): void => {
    if (inFlight + bytes > maxBytes)
      throw new SeamtraceError('unavailable', 'cannot take more: too many large bodies at one time; try again')
    inFlight += bytes
  }
  return {
    admit: (announcedBytes) => {
      take(announcedBytes)
      let reserved = announcedBytes
      let arrived = 0
      return {
        add: (bytes) => {
          arrived += bytes
          if (arrived <= reserved) return
          take(arrived - reserved)
          reserved = arrived
        },
        release: () => {
          inFlight -= reserved
          reserved = 0
          arrived = 0
        },
      }
    },
  }
}
