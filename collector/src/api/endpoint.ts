// One endpoint of the contract as a route: its parameters are checked, its question is asked, nothing else is let through.
import { ENDPOINTS, type EndpointName, type EndpointParams, type EndpointQuery, SeamtraceError } from '@seamtrace/schema'
import type { RequestHandler, Router } from 'express'
import type { z } from 'zod'
import type { Scope } from '../query/scope.ts'
import { ANSWERS, type Sources } from './answers.ts'
import { sendProblem } from './problem.ts'

export const addEndpoint = <E extends EndpointName>(router: Router, name: E, scopeNow: () => Scope, sources: Sources): void => {
  const { path, params, query } = ENDPOINTS[name]
  const answer = ANSWERS[name]
  router
    .route(path)
    .get(async (req, res) => {
      const asked = { query: readInput(query, req.query) as EndpointQuery<E>, params: readInput(params, req.params) as EndpointParams<E> }
      res.json(await answer(scopeNow(), asked, sources))
    })
    .all(methodNotAllowed)
}

export const methodNotAllowed: RequestHandler = (req, res) => {
  res.set('Allow', 'GET, HEAD')
  sendProblem(res, 'method_not_allowed', `cannot ${req.method} here: only GET and HEAD`)
}

/**
 * What the schema makes of the input; a name that it does not know is refused, since a misspelt filter would filter nothing.
 * @throws SeamtraceError bad_request naming the parameters
 */
const readInput = (schema: z.ZodObject, input: unknown): unknown => {
  const parsed = schema.strict().safeParse(input)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, isAbsent(input)))
  const known = Object.keys(schema.shape)
  const hint = faults.some(({ unknown }) => unknown) ? ` (known: ${known.join(', ') || 'none'})` : ''
  throw new SeamtraceError('bad_request', `cannot read parameters: ${faults.map(({ text }) => text).join('; ')}${hint}`, {
    parameters: [...new Set(faults.map(({ parameter }) => parameter))],
  })
}

type Fault = { parameter: string; text: string; unknown: boolean }

const isAbsent =
  (input: unknown) =>
  (parameter: string): boolean =>
    typeof input !== 'object' || input === null || !(parameter in input)

const faultsOf = (issue: z.core.$ZodIssue, absent: (parameter: string) => boolean): Fault[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((parameter) => ({ parameter, text: `${parameter} is not a parameter of this endpoint`, unknown: true }))
  }
  const parameter = String(issue.path[0] ?? '')
  return [{ parameter, text: absent(parameter) ? `${parameter} is required` : `${parameter}: ${issue.message}`, unknown: false }]
}
