// `seamtrace doctor`: sends one span through a running server and says what is wrong when it does not come back.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, SeamtraceError } from '@seamtrace/schema'
import { ask, causeOf, fetchFrom, keyHeader, NotAllowed, SERVER_FLAGS, type Server, serverOf } from './ask.ts'
import { parseFlags } from './config.ts'
import { appVerdict, runApp } from './doctor-app.ts'
import { environmentHints, ofTraces } from './doctor-environment.ts'
import { whyUnreachable } from './doctor-reach.ts'
import { type Command, EXIT, type Io } from './io.ts'

const HELP = `seamtrace doctor: check that a server is up and that a span sent to it can be read back

The span it sends goes to the bucket "other", which has no alert and no place in the overview.

Options: --url (dashboard and API) --json
  --otlp-url URL  OTLP over HTTP; else OTEL_EXPORTER_OTLP_ENDPOINT, as your programs do, else port 4318
  --wait SECONDS  how long the span may take until it can be read back (10)
  --app FILE      also run this program of Node's, and say whether it records from its beginning and whether its spans are taken
  --key K         a key that may read, or SEAMTRACE_API_KEY
  --ingest-key K  a key that may send; else the headers of OTEL_EXPORTER_OTLP_HEADERS are sent, as your programs do

Examples:
  seamtrace doctor --otlp-url http://127.0.0.1:4318
  seamtrace doctor --app app.js
  OTEL_EXPORTER_OTLP_HEADERS="x-seamtrace-key=smt_i_…" seamtrace doctor --key smt_r_…
`

export type Check = { name: string; ok: boolean; message: string }

const READ_BACK_S = 10
const MOST_SKEW_MS = 30_000

export const run: Command = async (args, io) => {
  const { values } = parseFlags(args, {
    ...SERVER_FLAGS,
    'otlp-url': { type: 'string' },
    'ingest-key': { type: 'string' },
    app: { type: 'string' },
    wait: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  })
  if (values.help) {
    io.out(HELP)
    return EXIT.ok
  }
  const otlpFlag = values['otlp-url']
  const otlpUrl = (typeof otlpFlag === 'string' ? otlpFlag : otlpUrlOf(io.env)).replace(/\/+$/, '')
  const { checks, exit: reached } = await check(serverOf(values, io.env), {
    url: otlpUrl,
    headers: ingestHeaders(values['ingest-key'], io.env),
    waitMs: waitOf(values.wait) * 1_000,
  })
  checks.push(...environmentHints(io.env, otlpUrl))
  const app = values.app
  if (typeof app === 'string' && reached === EXIT.ok) checks.push({ name: 'app', ...appVerdict(app, await runApp(app, otlpUrl, io.env)) })
  const exit = reached === EXIT.ok ? exitOf(checks) : reached
  io.out(
    values.json
      ? `${JSON.stringify({ ok: exit === EXIT.ok, checks }, null, 2)}\n`
      : checks.map(({ ok, name, message }) => `${ok ? 'ok  ' : 'FAIL'}  ${name}: ${message}\n`).join(''),
  )
  return exit
}

/** Where programs of this shell send, unless they speak gRPC. */
const otlpUrlOf = (env: Io['env']): string => {
  const { value } = ofTraces(env, 'ENDPOINT')
  const said = ofTraces(env, 'PROTOCOL').value === 'grpc' ? '' : value.replace(/\/v1\/traces\/?$/, '')
  return said || `http://127.0.0.1:${env.SEAMTRACE_OTLP_HTTP_PORT || '4318'}`
}

/** A script must not take a shell for well whose programs send elsewhere. */
const exitOf = (checks: readonly Check[]): number => {
  const failed = checks.filter(({ ok }) => !ok)
  if (failed.length === 0) return EXIT.ok
  return failed.some(({ name }) => name === 'app') ? EXIT.nothing : EXIT.error
}

type Otlp = { url: string; headers: Record<string, string>; waitMs: number }

/** Each check needs the one before it, so the first that fails is the reason; only OTLP has an address of its own, and is tried at any rate. */
async function check(server: Server, otlp: Otlp): Promise<{ checks: Check[]; exit: number }> {
  const checks: Check[] = []
  const traceId = randomBytes(16).toString('hex')
  const spanId = randomBytes(8).toString('hex')
  const steps: [name: string, exit: number, work: () => Promise<string>][] = [
    ['API', EXIT.unreachable, () => ready(server.url)],
    ['clock', EXIT.error, () => sameTime(server.url)],
    ['OTLP', EXIT.unreachable, () => send(otlp, traceId, spanId)],
    ['read back', EXIT.nothing, () => readBack(server, traceId, spanId, otlp.waitMs)],
  ]
  let unreachable: number | undefined
  for (const [name, exit, work] of steps) {
    if (unreachable !== undefined && name !== 'OTLP') continue
    try {
      checks.push({ name, ok: true, message: await work() })
    } catch (error) {
      checks.push({ name, ok: false, message: messageOf(error) })
      // a wrong clock keeps no span away
      if (name === 'clock') continue
      const found = error instanceof NotAllowed ? error.exit : exit
      if (name !== 'API') return { checks, exit: unreachable ?? found }
      unreachable = found
    }
  }
  return { checks, exit: unreachable ?? EXIT.ok }
}

function waitOf(given: unknown): number {
  const seconds = given === undefined ? READ_BACK_S : Number(given)
  if (!(seconds > 0 && seconds <= 3_600)) throw new SeamtraceError('usage', 'cannot use --wait: give seconds, from 1 to 3600')
  return seconds
}

async function ready(url: string): Promise<string> {
  const response = await fetchFrom(url, '/readyz')
  if (!response.ok) throw new Error(`${url}/readyz answered ${response.status}: the server runs, but its storage engine does not answer`)
  return `${url} is ready`
}

/** A span whose time is wrong lies in another hour than the run that is looked for. */
async function sameTime(url: string): Promise<string> {
  const before = Date.now()
  const said = Date.parse((await fetchFrom(url, '/healthz')).headers.get('date') ?? '')
  if (Number.isNaN(said)) return 'the server does not tell its time'
  const skewMs = skewBetween(before, Date.now(), said)
  if (Math.abs(skewMs) > MOST_SKEW_MS)
    throw new Error(
      `this clock is ${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs > 0 ? 'ahead of' : 'behind'} that of ${url}: set both by NTP`,
    )
  return 'as at the server'
}

/** How far the time of the server lies outside the request; its header is cut to the second. */
const skewBetween = (before: number, after: number, said: number): number =>
  said > after ? after - said : said + 1_000 < before ? before - said - 1_000 : 0

async function send({ url: otlpUrl, headers }: Otlp, traceId: string, spanId: string): Promise<string> {
  const now = BigInt(Date.now()) * 1_000_000n
  const span = {
    traceId,
    spanId,
    name: 'seamtrace doctor',
    kind: 1,
    startTimeUnixNano: String(now),
    endTimeUnixNano: String(now + 1_000_000n),
  }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'seamtrace-doctor' } }] }
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'seamtrace.doctor' }, spans: [span] }] }] })
  const response = await fetchFrom(otlpUrl, '/v1/traces', {
    method: 'POST',
    body,
    headers: { ...headers, 'content-type': 'application/json' },
  }).catch(async (error: Error) => {
    throw new SeamtraceError('unreachable', `${await whyUnreachable(otlpUrl, causeOf(error.cause))} (--otlp-url)`)
  })
  const answer = (await response.text()).slice(0, 300)
  if (response.status === 401 || response.status === 403)
    throw new NotAllowed(
      `${otlpUrl} refused the span: ${statusMessage(answer)}; give a key that may send with --ingest-key or OTEL_EXPORTER_OTLP_HEADERS`,
    )
  if (response.status === 404 || response.status === 405)
    throw new Error(
      `${otlpUrl} takes no traces: it is the port of something else, perhaps of the dashboard; OTLP over HTTP has port 4318 (--otlp-url)`,
    )
  if (response.status !== 200) throw new Error(`${otlpUrl}/v1/traces answered ${response.status}: ${answer}`)
  if (answer !== '{}') throw new Error(`${otlpUrl} left the span out: ${answer}`)
  return `${otlpUrl} took a span`
}

async function readBack(server: Server, traceId: string, spanId: string, waitMs: number): Promise<string> {
  const startedAt = Date.now()
  for (;;) {
    try {
      await ask(server, 'span', { params: { traceId, spanId } })
      return `the span was there after ${Date.now() - startedAt} ms`
    } catch (error) {
      if (error instanceof NotAllowed) throw error
      const waiting = error instanceof SeamtraceError && error.code === 'not_found' && Date.now() - startedAt < waitMs
      if (!waiting)
        throw new Error(`the span did not arrive at ${server.url}: ${messageOf(error)}; do --url and --otlp-url belong to the same server?`)
      await sleep(200)
    }
  }
}

/** The message of a google.rpc.Status in JSON. */
function statusMessage(answer: string): string {
  try {
    return (JSON.parse(answer) as { message?: string }).message ?? answer
  } catch {
    return answer
  }
}

/** What exporters send along: `name=value` pairs with commas between, percent-encoded. https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
function ingestHeaders(key: unknown, env: Io['env']): Record<string, string> {
  if (typeof key === 'string') return keyHeader(key)
  const text = env.OTEL_EXPORTER_OTLP_TRACES_HEADERS || env.OTEL_EXPORTER_OTLP_HEADERS || ''
  const pairs = text.split(',').map((pair) => /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(pair))
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[String(pair[1]).toLowerCase(), decoded(String(pair[2]))]] : [])))
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
