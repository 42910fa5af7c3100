// `npm run bench -- sdk`: what our SDK costs a program, beside OpenTelemetry alone and the SDKs of others, on the same steps in one run.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadavg } from 'node:os'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { SeamtraceError } from '@seamtrace/schema'
import { buildLibrary } from '../../../scripts/build-library.ts'
import { mask } from '../../../sdk/src/mask/mask.ts'
import { saveSection } from '../document.ts'
import { median, readable } from '../measure.ts'
import { surroundings } from '../surroundings.ts'
import { filesOf } from './built-files.ts'
import type { Cost, Heap } from './loop.ts'

const HELP = `Measures what the SDK costs, each variant in a process of its own, and prints the figures as JSON.
  npm run bench -- sdk [--save] [--no-heap]
    --save     also writes them to docs/benchmarks.md
    --no-heap  leaves out the million steps of each variant
The SDKs of others are installed from test/bench/peers when they are not there yet; without a network they are left out.
`

const ROOT = path.join(import.meta.dirname, '../../..')
const PEERS = path.join(ROOT, 'test/bench/peers')
const OWN = path.join(import.meta.dirname, 'own.ts')
const MIB = 2 ** 20
const run = promisify(execFile)

type Variant = { key: string; name: string; args: string[] }
const own = (key: string, name: string): Variant => ({ key, name, args: [OWN, key] })
const peer = (key: string, name: string): Variant => ({ key, name, args: [path.join(PEERS, `${key}.mjs`)] })

const OURS: Variant[] = [
  own('nothing', 'no instrumentation'),
  own('opentelemetry', 'OpenTelemetry, its own batches'),
  own('opentelemetry-our-processor', 'OpenTelemetry, our processor'),
  own('seamtrace', 'Seamtrace, `step()`'),
]
const OTHERS: Variant[] = [
  peer('langfuse', 'Langfuse, `startActiveObservation()`'),
  peer('traceloop', 'Traceloop, `withTask()`'),
  peer('openinference', 'OpenInference, `withSpan()`'),
]

const installPeers = (): boolean => {
  if (existsSync(path.join(PEERS, 'node_modules'))) return true
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: PEERS,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) console.error('cannot install the SDKs of others: they are left out; is there a network?')
  return status === 0
}

/** Takes everything, whoever sends it. */
const startSink = async (): Promise<{ url: string; close(): void }> => {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'text/plain' }).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const measured = async <T>({ args }: Variant, what: 'cost' | 'heap', url: string): Promise<T> => {
  const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: url, SEAMTRACE_SPOOL: 'off', NODE_ENV: 'production' }
  const { stdout } = await run(process.execPath, ['--conditions=seamtrace-source', ...args, what], { env, maxBuffer: 64 * MIB })
  const line = stdout.trim().split('\n').at(-1) ?? ''
  return JSON.parse(line) as T
}

const IMPORT_ROUNDS = 9
const IMPORTS = `
const start = performance.now()
for (const name of ['api', 'context-async-hooks', 'core', 'resources', 'sdk-trace-base', 'otlp-transformer', 'otlp-exporter-base', 'otlp-exporter-base/node-http'])
  await import('@opentelemetry/' + name)
const loaded = performance.now()
await import('@seamtrace/sdk')
console.log(JSON.stringify([loaded - start, performance.now() - loaded]))`

/** As it is published: built, in processes that know nothing of our sources. */
const importCost = async (): Promise<{ opentelemetryMs: number; ourMs: number; gzippedBytes: number }> => {
  await buildLibrary('schema')
  await buildLibrary('sdk')
  const times: [number, number][] = []
  for (let round = 0; round < IMPORT_ROUNDS; round++) {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', IMPORTS], {
      cwd: path.join(ROOT, 'sdk'),
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    times.push(JSON.parse(stdout) as [number, number])
  }
  const files = filesOf(path.join(ROOT, 'sdk/dist/index.js'))
  const code = [...files].map((file) => readFileSync(file, 'utf8')).join('')
  return {
    opentelemetryMs: median(times.map(([ms]) => ms)),
    ourMs: median(times.map(([, ms]) => ms)),
    gzippedBytes: gzipSync(code, { level: 9 }).length,
  }
}

const MASKED_CHARS = 10_000
const maskMs = (): number => {
  const line =
    'Dear anna@example.test, card 4111 1111 1111 1111, key sk-live-1234567890abcdef1234567890, call +49 30 901820 on 2026-11-20. '
  const text = line.repeat(Math.ceil(MASKED_CHARS / line.length)).slice(0, MASKED_CHARS)
  const times = Array.from({ length: 50 }, () => {
    const start = performance.now()
    mask(text)
    return performance.now() - start
  })
  return median(times)
}

type Row = { key: string; name: string; cost: Cost; heap?: Heap }

const rowsOf = async (variants: readonly Variant[], withHeap: boolean): Promise<Row[]> => {
  const sink = await startSink()
  const rows: Row[] = []
  for (const variant of variants) {
    try {
      const cost = await measured<Cost>(variant, 'cost', sink.url)
      const heap = withHeap ? { heap: await measured<Heap>(variant, 'heap', sink.url) } : {}
      rows.push({ key: variant.key, name: variant.name, cost, ...heap })
      console.error(`${variant.name}: ${readable(cost.cpuUs)} µs`)
    } catch (error) {
      console.error(`cannot measure ${variant.name}: ${error instanceof Error ? error.message.slice(0, 400) : error}`)
    }
  }
  sink.close()
  return rows
}

const growth = ({ heap }: Row): string => (heap ? `${readable((heap.afterBytes - heap.afterWarmUpBytes) / MIB)} MiB` : '')
const tableOf = (rows: readonly Row[]): string => {
  const base = rows.find(({ key }) => key === 'nothing')?.cost
  const line = (row: Row): string =>
    `| ${row.name} | ${readable(row.cost.cpuUs - (base?.cpuUs ?? 0))} µs | ${readable(row.cost.p50Us - (base?.p50Us ?? 0))} µs | ${readable(row.cost.p99Us - (base?.p99Us ?? 0))} µs | ${growth(row)} |`
  const head = '| one step with | CPU, sending included | median added | p99 added | heap after 1 million steps |\n|---|---|---|---|---|'
  return [head, ...rows.filter(({ key }) => key !== 'nothing').map(line)].join('\n')
}

/** What `step()` adds to a span that is sent in the same way. */
const addedUs = (rows: readonly Row[]): number => {
  const cpuOf = (name: string): number => rows.find(({ key }) => key === name)?.cost.cpuUs ?? Number.NaN
  return cpuOf('seamtrace') - cpuOf('opentelemetry-our-processor')
}

export const runSdkBench = async (args: readonly string[]): Promise<void> => {
  const unknown = args.filter((arg) => !['--save', '--no-heap', '--help'].includes(arg))
  if (unknown.length > 0) throw new SeamtraceError('usage', `cannot measure ${unknown.join(', ')}: there is no such option\n${HELP}`)
  if (args.includes('--help')) return void process.stdout.write(HELP)
  const load = loadavg()[0] ?? 0
  const rows = await rowsOf([...OURS, ...(installPeers() ? OTHERS : [])], !args.includes('--no-heap'))
  const added = { stepOverSpanUs: addedUs(rows), maskMsOf10kB: maskMs(), ...(await importCost()) }
  const { machine, node, commit, date } = surroundings()
  if (args.includes('--save')) {
    const conditions = `Written by \`npm run bench -- sdk --save\`. ${machine}, Node ${node}, commit ${commit}, ${date}; its load was ${load.toFixed(1)} before. Everyone sends to the same sink, which takes all; what the bare loop costs is taken off.`
    const figures = `\`step()\` over a bare span of OpenTelemetry: ${readable(added.stepOverSpanUs)} µs of the processor. Import: ${readable(added.ourMs)} ms beyond the ${readable(added.opentelemetryMs)} ms of OpenTelemetry; ${readable(added.gzippedBytes / 1_000)} kB gzipped. Masking 10 kB: ${readable(added.maskMsOf10kB)} ms.`
    saveSection('sdk', `## What the SDK costs a program\n\n${conditions}\n\n${figures}\n\n${tableOf(rows)}`)
  }
  console.log(JSON.stringify({ machine, node, commit, date, load, added, rows }, null, 2))
}
