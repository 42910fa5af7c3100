// The built dashboard as static files; every path of its own router is its one page.
import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import express, { type RequestHandler, Router } from 'express'
import { methodNotAllowed } from './endpoint.ts'
import { sendProblem } from './problem.ts'

export const DASHBOARD_FOLDER = fileURLToPath(new URL('../../../dashboard/dist/', import.meta.url))

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Seamtrace</title>
<h1>The dashboard is not built</h1>
<p>The collector runs, but there is no dashboard beside it. Build it with <code>npm run build</code> and load this page again.</p>
<p>The API works without it: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a></p>
</html>
`

export const dashboard = (folder = DASHBOARD_FOLDER): Router => {
  const files = express.static(folder, {
    index: false,
    redirect: false,
    setHeaders: (res, path) => void res.setHeader('Cache-Control', cachingOf(folder, path)),
  })
  return Router().use(onlyReading, files, missingAsset, onePage(folder))
}

/** Names below assets/ hold a hash of their content; everything else may change with the next release. */
const cachingOf = (folder: string, path: string): string =>
  path.startsWith(join(folder, 'assets') + sep) ? 'public, max-age=31536000, immutable' : 'no-cache'

const notAllowed = methodNotAllowed()
const onlyReading: RequestHandler = (req, res, next) =>
  req.method === 'GET' || req.method === 'HEAD' ? next() : notAllowed(req, res, next)

/** After an upgrade an old page asks for old assets: it must get an error and not the page as a script. */
const missingAsset: RequestHandler = (req, res, next) =>
  req.path.startsWith('/assets/') ? sendProblem(res, 'not_found', `cannot find ${req.path}: load the page again`) : next()

const onePage =
  (folder: string): RequestHandler =>
  (_req, res) => {
    res.set('Cache-Control', 'no-cache')
    // Looked up each time: a build may finish while the collector runs.
    if (existsSync(join(folder, 'index.html'))) res.sendFile('index.html', { root: folder, cacheControl: false })
    else res.status(503).type('html').send(NOT_BUILT)
  }
