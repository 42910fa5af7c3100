// The HTTP API and the dashboard as one Express app, without a socket of its own.
import express, { type Express, type RequestHandler, Router } from 'express'
import type { Logger } from 'pino'
import type { Access } from '../access/access.ts'
import { addressCheck } from '../access/hosts.ts'
import type { Store } from '../store/open.ts'
import { readRows } from '../store/read.ts'
import { sdkLosses } from '../store/sdk-losses.ts'
import type { Sources } from './answers.ts'
import { dashboard } from './dashboard.ts'
import { addEndpoints, methodNotAllowed } from './endpoint.ts'
import { ownAddressOnly, securityHeaders } from './headers.ts'
import { metrics, type Totals } from './metrics.ts'
import { openApiDocument } from './openapi.ts'
import { problemHandler, sendProblem } from './problem.ts'

export type ApiOptions = Omit<Sources, 'manage'> & {
  store: Store
  access: Pick<Access, 'admit' | 'manage'>
  log: Pick<Logger, 'error'>
  /** the host that the socket is bound to, and further names by which it is reached */
  hosts?: readonly string[]
  version?: string
  /** what the receivers have counted for all projects together */
  totals: () => Totals
  /** whether spans would be taken now */
  hasRoom?: () => boolean
  now?: () => Date
  dashboardFolder?: string
}

type ProbeOptions = Pick<ApiOptions, 'store' | 'access' | 'log' | 'hosts' | 'hasRoom' | 'totals'>

export const createApi = (options: ApiOptions): Express => {
  const app = appWithProbes(options)
  app.use('/api/v1', apiRouter(options))
  app.use('/api', (req, res) =>
    sendProblem(res, 'not_found', `cannot find ${req.originalUrl.split('?')[0]}: the endpoints are in /api/v1/openapi.json`),
  )
  app.use(dashboard(options.dashboardFolder))
  app.use(problemHandler(options.log))
  return app
}

/** Only what watches over a process asks: for one whose role it is not to answer questions. */
export const createProbes = (options: ProbeOptions): Express =>
  appWithProbes(options)
    .use((req, res) => sendProblem(res, 'not_found', `cannot find ${req.path}: this process has not the role query (SEAMTRACE_ROLE)`))
    .use(problemHandler(options.log))

const appWithProbes = (options: ProbeOptions): Express => {
  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.use(securityHeaders)
  // Before the host is checked: probes of an orchestrator come by address, and learn nothing here but "alive".
  app
    .route('/healthz')
    .get((_req, res) => void res.json({ status: 'ok' }))
    .all(methodNotAllowed())
  app.route('/readyz').get(readiness(options)).all(methodNotAllowed())
  app.use(ownAddressOnly(addressCheck(options.hosts ?? [])))
  app
    .route('/metrics')
    .get(metrics({ ...options, lost: () => sdkLosses(options.store, '') }))
    .all(methodNotAllowed())
  return app
}

const apiRouter = ({ store, access, now = () => new Date(), version = '0.1.0', ...sources }: ApiOptions): Router => {
  const router = Router()
  router.use(neverCached)
  const document = openApiDocument(version)
  router
    .route('/openapi.json')
    .get((_req, res) => void res.json(document))
    .all(methodNotAllowed())
  addEndpoints(router, {
    access,
    scopeOf: ({ project }) => ({ store, project, now: now() }),
    sources: { ...sources, manage: access.manage },
  })
  return router
}

/** What agents said and did belongs into no cache. */
const neverCached: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store')
  next()
}

const readiness =
  ({ store, hasRoom = () => true }: Pick<ApiOptions, 'store' | 'hasRoom'>): RequestHandler =>
  async (_req, res) => {
    if (!hasRoom()) return sendProblem(res, 'unavailable', 'cannot take spans: the spool is full or cannot be written')
    try {
      await readRows(store, 'SELECT 1 AS one', {}, { maxSeconds: 2 })
      res.json({ status: 'ready', engine: `${store.engine} ${store.version}` })
    } catch {
      sendProblem(res, 'unavailable', 'cannot reach the storage engine')
    }
  }
