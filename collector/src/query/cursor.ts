// The cursor of the run list: opaque text that stands for the last run of a page.
import { SeamtraceError } from '@seamtrace/schema'

/** `endNano` as text: nanoseconds do not fit into a number. */
export type RunCursor = { endNano: string; runId: string }

const LAST_NANO = 2n ** 63n - 1n

/** @example readCursor(writeCursor({ endNano: '1795132800000000000', runId: 'r1' })).runId // 'r1' */
export const writeCursor = ({ endNano, runId }: RunCursor): string => Buffer.from(`${endNano}.${runId}`).toString('base64url')

/** @throws SeamtraceError bad_request naming `cursor` when it is none of ours */
export const readCursor = (text: string): RunCursor => {
  const match = /^(0|[1-9]\d{0,18})\.(.+)$/s.exec(Buffer.from(text, 'base64url').toString())
  const [, endNano = '', runId = ''] = match ?? []
  // Written again it must be the same text: Buffer drops what is no base64url instead of refusing it.
  if (!match || BigInt(endNano) > LAST_NANO || writeCursor({ endNano, runId }) !== text) {
    throw new SeamtraceError('bad_request', 'cannot read cursor: take it from nextCursor of the page before', { parameters: ['cursor'] })
  }
  return { endNano, runId }
}
