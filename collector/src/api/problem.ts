// Errors as answers: RFC 9457 problem+json, without anything that only the log may know.
import { ERROR_CODES, type ErrorCode, messageOf, type Problem, SeamtraceError } from '@seamtrace/schema'
import type { ErrorRequestHandler, Response } from 'express'
import type { Logger } from 'pino'

const problemOf = (code: ErrorCode, detail: string, parameters: readonly string[] = []): Problem => {
  const { status, title } = ERROR_CODES[code]
  return { type: 'about:blank', title, status, detail, ...(parameters.length > 0 && { parameters: [...parameters] }) }
}

export const sendProblem = (res: Response, code: ErrorCode, detail: string, parameters: readonly string[] = []): void => {
  send(res, problemOf(code, detail, parameters))
}

const send = (res: Response, problem: Problem): void => {
  res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}

/** A Host header that is not ours (RFC 9110, 421); not in the table of codes because no code of ours raises it. */
export const sendMisdirected = (res: Response, host: string): void => {
  send(res, {
    type: 'about:blank',
    title: 'Misdirected request',
    status: 421,
    detail: `cannot answer for host ${JSON.stringify(host.slice(0, 100))}: open this address by localhost or by the host it is bound to`,
  })
}

/** The last handler: what we raised ourselves is told, everything else is logged and stays inside. */
export const problemHandler =
  (log: Pick<Logger, 'error'>): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error)
    if (error instanceof SeamtraceError && error.code !== 'internal') return sendProblem(res, error.code, error.message, error.parameters)
    if (isBadPath(error)) return sendProblem(res, 'bad_request', `cannot read path: ${messageOf(error)}`)
    log.error({ err: error, method: req.method, path: req.path }, 'cannot answer request')
    sendProblem(res, 'internal', 'cannot answer: the reason is in the log of the collector')
  }

/** Express itself refuses a path that is no valid percent-encoding. */
const isBadPath = (error: unknown): boolean => error instanceof URIError
