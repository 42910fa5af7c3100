// Runs a program as `doctor --app` does: whether it records, since when, and whether what it sends is taken.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { SeamtraceError } from '@seamtrace/schema'
import type { Io } from './io.ts'

export type App = {
  code: number | null
  /** its last line about an error, if it said any */
  error?: string | undefined
  /** a tracer provider was registered */
  records: boolean
  /** clients that were loaded before it: instrumentations do not see them */
  early: string[]
  /** status of each request for traces */
  statuses: number[]
}

const WATCHED = [
  'openai',
  '@anthropic-ai/sdk',
  '@aws-sdk/client-bedrock-runtime',
  '@langchain/core',
  '@pinecone-database/pinecone',
  'ai',
  '@google/genai',
]
const RAN_MS = 60_000
const REPORT = 'seamtrace-doctor:'

/** Loaded before the program; tells its findings when the process ends. OpenTelemetry keeps what is registered under that symbol. */
const PROBE = `
import { registerHooks } from 'node:module'
const watched = ${JSON.stringify(WATCHED)}
const early = new Set()
const provider = () => globalThis[Symbol.for('opentelemetry.js.api.1')]?.trace !== undefined
let records = false
registerHooks({ load(url, context, next) {
  records ||= provider()
  if (!records) for (const name of watched) if (url.includes('/node_modules/' + name + '/')) early.add(name)
  return next(url, context)
} })
const timer = setInterval(() => { records ||= provider() }, 5)
timer.unref()
process.on('exit', () => process.stderr.write('\\n${REPORT}' + JSON.stringify({ records: records || provider(), early: [...early] }) + '\\n'))
`

/**
 * @param otlpUrl where the requests of the program are passed on to; it is told to send them to us
 * @throws SeamtraceError usage when the program cannot be started
 */
export const runApp = async (app: string, otlpUrl: string, env: Io['env']): Promise<App> => {
  // npm runs its scripts in the folder of the package, and tells where it was called
  const file = [path.resolve(app), path.resolve(env.INIT_CWD ?? '', app)].find((one) => existsSync(one))
  if (file === undefined) throw new SeamtraceError('usage', `cannot run ${app}: there is no such file`)
  const relay = await startRelay(otlpUrl)
  const told = {
    ...env,
    // our own options of Node, by which we run from source, are not those of the program
    NODE_OPTIONS: env.SEAMTRACE_NODE_OPTIONS ?? env.NODE_OPTIONS,
    OTEL_EXPORTER_OTLP_ENDPOINT: relay.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    SEAMTRACE_SPOOL: 'off',
  }
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(PROBE)}`, file], {
    env: told,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err = (err + text).slice(-64_000)
  })
  // a server goes on for ever: by then it has recorded what it will
  const timer = setTimeout(() => child.kill('SIGTERM'), RAN_MS)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  await relay.close()
  const report = err.split('\n').find((line) => line.startsWith(REPORT))
  if (report === undefined)
    throw new SeamtraceError('usage', `cannot run ${app}: ${err.trim().split('\n').at(-1) || `it ended with ${code}`}`)
  const error = err.split('\n').findLast((line) => /^(\w*Error|\w+ \[\w+\])\b.*:/.test(line))
  return {
    code,
    error: error?.slice(0, 300),
    statuses: relay.statuses,
    ...(JSON.parse(report.slice(REPORT.length)) as Pick<App, 'records' | 'early'>),
  }
}

/** In words: what is wrong with it and what to do, or that all is well. */
export const appVerdict = (app: string, { code, error, records, early, statuses }: App): { ok: boolean; message: string } => {
  const start = `begin it with start() of @seamtrace/sdk, or run it as node --import @seamtrace/sdk/register ${app}`
  if (!records && code !== 0 && code !== null)
    return {
      ok: false,
      message: `${app} ended with ${code} before it recorded anything${error ? `: ${error}` : '; run it alone to see why'}`,
    }
  if (!records) return { ok: false, message: `${app} records nothing: no tracer provider was registered; ${start}` }
  const late =
    early.length > 0
      ? `recording began after ${early.join(', ')} was loaded, whose calls are then not seen by instrumentations; ${start}`
      : undefined
  const taken = statuses.filter((status) => status === 200).length
  if (statuses.length === 0)
    return {
      ok: false,
      message: `${app} records, but sent no traces to OTEL_EXPORTER_OTLP_ENDPOINT: its exporter has another address, nothing was sampled, or it ended without a flush${late ? `; ${late}` : ''}`,
    }
  if (taken < statuses.length)
    return {
      ok: false,
      message: `${app}: of ${statuses.length} requests ${taken} were taken, others were answered ${[...new Set(statuses)].join(', ')}`,
    }
  return late
    ? { ok: false, message: `${app}: ${late}` }
    : { ok: true, message: `${app} records from its beginning, and its spans were taken` }
}

const startRelay = async (otlpUrl: string): Promise<{ url: string; statuses: number[]; close(): Promise<void> }> => {
  const statuses: number[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const names = ['content-type', 'content-encoding', 'authorization', 'x-seamtrace-key']
    const headers = Object.fromEntries(names.flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : [])))
    const answer = await fetch(otlpUrl + (request.url ?? ''), { method: 'POST', headers, body: Buffer.concat(parts) }).catch(
      () => undefined,
    )
    if (request.url === '/v1/traces') statuses.push(answer?.status ?? 503)
    response.writeHead(answer?.status ?? 503, { 'content-type': answer?.headers.get('content-type') ?? 'text/plain' })
    response.end(answer ? Buffer.from(await answer.arrayBuffer()) : '')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    statuses,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
