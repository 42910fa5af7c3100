// What both transports do with a request: admit it before its body is read, decode the body, store it, count it, answer.
import { ERROR_CODES, messageOf, SeamtraceError } from '@seamtrace/schema'
import { describe, encodeExportResponse } from '../decode/answers.ts'
import type { OtlpEncoding } from '../decode/decode-traces.ts'
import { totalOf } from '../decode/decoded.ts'
import type { SignalName } from '../decode/json-values.ts'
import { BODY_LIMITS, type BodyLimits, type Budget, createBudget, type Hold } from './limits.ts'
import type { ProjectStats } from './project-stats.ts'
import type { Received, Rows } from './take-body.ts'

export type DecodeRequest = { signal: SignalName; encoding: OtlpEncoding; body: Buffer; project: string }

/** Resolves when the rows are on disk: only then may their request be acknowledged. Afterwards their bytes are gone. */
export type KeepRows = (rows: Rows) => Promise<void>

/** Decodes a body and hands its rows on, at once or in a worker; resolves when all of them are kept. */
export type DecodeBody = (request: DecodeRequest, keep: KeepRows) => Promise<Received>

export type IntakeDeps = {
  decode: DecodeBody
  keep: KeepRows
  /** whether rows of so many bytes would be kept now */
  hasRoom: (bytes: number) => boolean
  stats: ProjectStats
  log: { warn(message: string): void; error(message: string): void }
  limits?: BodyLimits
  budget?: Budget
}

export type Intake = {
  limits: BodyLimits
  /** @throws SeamtraceError unavailable, before a byte of the body was read */
  admit(signal: SignalName, announcedBytes: number): Hold
  /** Resolves with the answer when all that was taken is on disk; gives `hold` free then. */
  take(signal: SignalName, encoding: OtlpEncoding, body: Buffer, hold: Hold, project: string): Promise<Buffer>
  /** Counts a refusal and gives what the client may know of it. Of a request without a project only the kind is kept: anybody may have sent it. */
  refuse(error: unknown, what: string, project: string | undefined): Refusal
}

export type Refusal = { status: number; message: string }

/** Rows take up to so many times the bytes of their body: each tells its origin and what was recognized. */
const ROW_BYTES_A_BODY_BYTE = 2

export const createIntake = (deps: IntakeDeps): Intake => {
  const budget = deps.budget ?? createBudget()
  return {
    limits: deps.limits ?? BODY_LIMITS,
    admit: (signal, announcedBytes) => {
      if (!deps.hasRoom(announcedBytes * ROW_BYTES_A_BODY_BYTE))
        throw new SeamtraceError(
          'unavailable',
          `cannot take ${signal}: the store is away or slower than what arrives, and the spool is full`,
        )
      return budget.admit(announcedBytes)
    },
    take: async (signal, encoding, body, hold, project) => {
      const { taken, faults } = await deps.decode({ signal, encoding, body, project }, deps.keep).finally(hold.release)
      for (const fault of faults) deps.log.error(fault)
      deps.stats.of(project).accepted(signal, taken)
      const left = totalOf(taken.rejected)
      if (left > 0) deps.log.warn(`left out ${left} records of ${signal}: ${describe(taken)}`)
      return encodeExportResponse(taken, encoding, signal)
    },
    refuse: (error, what, project) => {
      const stats = deps.stats.of(project)
      if (error instanceof SeamtraceError) {
        stats.refused(error.code, project === undefined ? ERROR_CODES[error.code].title : error.message)
        return { status: ERROR_CODES[error.code].status, message: error.message }
      }
      deps.log.error(`cannot answer ${what}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      stats.refused('internal', 'internal error')
      return { status: 500, message: 'internal error' }
    },
  }
}
