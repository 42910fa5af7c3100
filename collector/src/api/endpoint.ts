// The endpoints of one path as a route: who asks is checked first, then the parameters, then the question is asked.
import {
  ENDPOINTS,
  type Endpoint,
  type EndpointBody,
  type EndpointName,
  type EndpointParams,
  type EndpointQuery,
  type Method,
  SeamtraceError,
} from '@seamtrace/schema'
import express, { type Request, type RequestHandler, type Response, type Router } from 'express'
import type { z } from 'zod'
import type { Access } from '../access/access.ts'
import type { Caller } from '../access/caller.ts'
import { credentialOf } from '../access/credential.ts'
import type { Scope } from '../query/scope.ts'
import { ANSWERS, type Sources } from './answers.ts'
import { sendProblem } from './problem.ts'

export type Asking = {
  access: Pick<Access, 'admit'>
  scopeOf: (caller: Caller) => Scope
  sources: Sources
}

/** Bodies are a few names: what is longer was not meant for us. */
const readJson = express.json({ limit: '16kb', strict: true })

export const addEndpoints = (router: Router, asking: Asking): void => {
  const names = Object.keys(ENDPOINTS) as EndpointName[]
  for (const [path, ofPath] of Map.groupBy(names, (name) => ENDPOINTS[name].path)) {
    const route = router.route(path)
    for (const name of ofPath) route[METHOD_NAMES[methodOf(ENDPOINTS[name])]](answered(name, asking))
    route.all(methodNotAllowed(ofPath.map((name) => methodOf(ENDPOINTS[name]))))
  }
}

const METHOD_NAMES = { GET: 'get', POST: 'post', PUT: 'put', DELETE: 'delete' } as const
const methodOf = ({ method = 'GET' }: Endpoint): Method => method

const answered =
  <E extends EndpointName>(name: E, { access, scopeOf, sources }: Asking): RequestHandler =>
  async (req, res) => {
    const endpoint: Endpoint = ENDPOINTS[name]
    const caller = await access.admit(credentialOf(req.headers), endpoint.role)
    const asked = {
      query: readInput(endpoint.query, req.query) as EndpointQuery<E>,
      params: readInput(endpoint.params, req.params) as EndpointParams<E>,
      body: (endpoint.body && readInput(endpoint.body, await bodyOf(req, res))) as EndpointBody<E>,
      caller,
    }
    res.status(methodOf(endpoint) === 'POST' ? 201 : 200).json(await ANSWERS[name](scopeOf(caller), asked, sources))
  }

/** Only JSON that says so: the form of another site cannot. */
const bodyOf = async (req: Request, res: Response): Promise<unknown> => {
  if (!req.is('application/json'))
    throw new SeamtraceError('unsupported_media_type', 'cannot read the body: send JSON, with Content-Type: application/json')
  await new Promise<void>((resolve, reject) => readJson(req, res, (error?: unknown) => (error ? reject(error) : resolve())))
  return req.body
}

export const methodNotAllowed = (methods: readonly string[] = ['GET']): RequestHandler => {
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return (req, res) => {
    res.set('Allow', allowed.join(', '))
    sendProblem(res, 'method_not_allowed', `cannot ${req.method} here: only ${allowed.join(' and ')}`)
  }
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
    const names = issue.keys.map((key) => [...issue.path, key].join('.'))
    return names.map((parameter) => ({ parameter, text: `${parameter} is not a parameter of this endpoint`, unknown: true }))
  }
  const parameter = String(issue.path[0] ?? '')
  const text = absent(parameter) ? `${parameter} is required` : `${issue.path.join('.')}: ${issue.message}`
  return [{ parameter, text, unknown: false }]
}
