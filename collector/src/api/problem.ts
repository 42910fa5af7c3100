// Errors as answers: RFC 9457 problem+json, without anything that only the log may know.
import { ERROR_CODES, type ErrorCode, messageOf, type Problem, SeamtraceError } from '@seamtrace/schema'
import type { ErrorRequestHandler, Response } from 'express'
import type { Logger } from 'pino'

const problemOf = (code: ErrorCode, detail: string, parameters: readonly string[] = []): Problem => {
  const { status, title } = ERROR_CODES[code]
  return { type: 'about:blank', title, status, detail, ...(parameters.length > 0 && { parameters: [...parameters] }) }
}

export const sendProblem = (res: Response, code: ErrorCode, detail: string, parameters: readonly string[] = []): void => {
  const problem = problemOf(code, detail, parameters)
  // RFC 9110: a 401 names the way to authenticate; browsers ask nobody for a password because of this one
  if (code === 'unauthorized') res.set('WWW-Authenticate', 'Bearer realm="seamtrace"')
  res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}

/** The last handler: what we raised ourselves is told, everything else is logged and stays inside. */
export const problemHandler =
  (log: Pick<Logger, 'error'>): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error)
    if (error instanceof SeamtraceError && error.code !== 'internal') return sendProblem(res, error.code, error.message, error.parameters)
    const badBody = badBodyOf(error)
    if (badBody) return sendProblem(res, ...badBody)
    if (isBadPath(error)) return sendProblem(res, 'bad_request', `cannot read path: ${messageOf(error)}`)
    log.error({ err: error, method: req.method, path: req.path }, 'cannot answer request')
    sendProblem(res, 'internal', 'cannot answer: the reason is in the log of the collector')
  }

/** Express itself refuses a path that is no valid percent-encoding. */
const isBadPath = (error: unknown): boolean => error instanceof URIError

/** The errors of `express.json`: its `type` says which, its message may quote the body. */
const badBodyOf = (error: unknown): [ErrorCode, string] | undefined => {
  if (!(error instanceof Error && 'type' in error && 'status' in error)) return undefined
  if (error.status === 413) return ['too_large', 'cannot take a body of more than 16 kB']
  if (error.status === 415) return ['unsupported_media_type', 'cannot read the body: send it as plain UTF-8']
  return error.status === 400 ? ['bad_request', 'cannot read the body: it is no JSON object'] : undefined
}
