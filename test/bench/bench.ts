// `npm run bench`: what recording, decoding, analyzing, storing and asking cost; written to docs/benchmarks.md.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { context, trace } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import { start, step } from '@seamtrace/sdk'
import { analyze } from '../../collector/src/analyze/analyze.ts'
import { startCollector } from '../../collector/src/collector.ts'
import { decodeTraces } from '../../collector/src/decode/decode-traces.ts'
import { recognize } from '../../collector/src/recognize/recognize.ts'
import { insertSpans } from '../../collector/src/store/insert-spans.fixture.ts'
import { migrate } from '../../collector/src/store/migrate.ts'
import { openStore } from '../../collector/src/store/open.ts'
import { saveMainText } from './document.ts'
import { type Figure, median, medianMs, readable } from './measure.ts'
import { bodiesOf, recordRuns } from './traces.ts'

const SPANS_PER_BODY = 500
const figures: Figure[] = []
const add = (figure: Figure): void => {
  figures.push(figure)
  const ratio = figure.baseline ? `, ${readable(figure.baseline.ratio)} × ${figure.baseline.name}` : ''
  console.error(`${figure.name}: ${readable(figure.value)} ${figure.unit}${ratio}`)
}

const benchSdk = async (): Promise<void> => {
  const calls = 20_000
  // both record; what becomes of the spans is the exporter's matter
  const discard: SpanExporter = { export: (_spans, done) => done({ code: ExportResultCode.SUCCESS }), shutdown: async () => {} }
  const seamtrace = start({ service: 'bench', exporter: discard })
  const tracer = trace.getTracer('bench')
  const plain = await medianMs(() => {
    for (let index = 0; index < calls; index++) {
      const span = tracer.startSpan('a')
      context.with(trace.setSpan(context.active(), span), () => index)
      span.end()
    }
  })
  const ours = await medianMs(() => {
    for (let index = 0; index < calls; index++) step('a', {}, () => index)
  })
  await seamtrace.shutdown()
  add({
    name: 'SDK: one step()',
    value: (ours / calls) * 1000,
    unit: 'µs',
    baseline: { name: 'a bare OpenTelemetry span', ratio: ours / plain },
  })
}

type Bodies = { body: Uint8Array; spans: number }[]

const benchPure = async (bodies: Bodies): Promise<void> => {
  const spans = bodies.reduce((sum, { spans: count }) => sum + count, 0)
  const decoded = bodies.flatMap(({ body }) => decodeTraces(body, 'protobuf').spans)
  const recognized = decoded.map((span) => recognize(span))
  const decodeMs = await medianMs(() => bodies.map(({ body }) => decodeTraces(body, 'protobuf')))
  const recognizeMs = await medianMs(() => decoded.map((span) => recognize(span)))
  const analyzeMs = await medianMs(() => analyze(recognized))
  add({ name: 'decode protobuf', value: (spans / decodeMs) * 1000, unit: 'spans/s per core' })
  add({ name: 'recognize', value: (spans / recognizeMs) * 1000, unit: 'spans/s per core' })
  add({ name: 'analyze', value: (spans / analyzeMs) * 1000, unit: 'spans/s per core' })
}

const folderBytes = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)

/** The engine's own limit for these rows: ready-made rows, inserted by the same client, nothing else. */
const directInsertRate = async (bodies: Bodies): Promise<number> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'seamtrace-bench-'))
  const store = await openStore({ dataDir })
  await migrate(store)
  const rows = bodies.flatMap(({ body }) => decodeTraces(body, 'protobuf').spans).map((span) => recognize(span))
  const start = performance.now()
  for (let index = 0; index < rows.length; index += 5_000) await insertSpans(store, 'default', rows.slice(index, index + 5_000))
  const rate = (rows.length / (performance.now() - start)) * 1000
  await store.close()
  rmSync(dataDir, { recursive: true })
  return rate
}

const postAll = async (endpoint: string, bodies: Bodies, parallel: number): Promise<void> => {
  const open = [...bodies]
  const worker = async (): Promise<void> => {
    for (let next = open.pop(); next; next = open.pop()) {
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: Buffer.from(next.body),
      })
      if (answer.status !== 200) throw new Error(`${endpoint} answered ${answer.status}`)
      await answer.arrayBuffer()
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}

const ask = async (url: string): Promise<Record<string, unknown>> => {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}

const untilAnalyzed = async (api: string, runs: number): Promise<void> => {
  for (;;) {
    const { storedRuns, pendingTraces } = await ask(`${api}/ingest`)
    if (storedRuns === runs && pendingTraces === 0) return
  }
}

const benchCollector = async (bodies: Bodies, runs: number): Promise<void> => {
  const direct = await directInsertRate(bodies)
  const dataDir = mkdtempSync(join(tmpdir(), 'seamtrace-bench-'))
  const quiet = { info: () => {}, warn: console.error, error: console.error }
  const collector = await startCollector({ host: '127.0.0.1', port: 0, otlpHttpPort: 0, otlpGrpcPort: 0, dataDir }, quiet)
  const api = `http://127.0.0.1:${collector.ports.api}/api/v1`
  const spans = bodies.reduce((sum, { spans: count }) => sum + count, 0)
  const start = performance.now()
  await postAll(`http://127.0.0.1:${collector.ports.otlpHttp}/v1/traces`, bodies, 8)
  const accepted = performance.now() - start
  await untilAnalyzed(api, runs)
  const analyzed = performance.now() - start
  const baseline = (rate: number) => ({ name: 'inserting ready-made rows', ratio: rate / direct })
  const acceptedRate = (spans / accepted) * 1000
  const analyzedRate = (spans / analyzed) * 1000
  add({ name: 'collector: accepted and stored over HTTP', value: acceptedRate, unit: 'spans/s', baseline: baseline(acceptedRate) })
  add({ name: 'collector: analyzed into runs', value: analyzedRate, unit: 'spans/s', baseline: baseline(analyzedRate) })
  for (const question of ['pipelines', 'gap?pipeline=bench', 'layers?pipeline=bench', 'seams?pipeline=bench', 'runs?pipeline=bench']) {
    const times: number[] = []
    for (let round = 0; round < 15; round++) {
      const at = performance.now()
      await ask(`${api}/${question}`)
      times.push(performance.now() - at)
    }
    add({ name: `GET /api/v1/${question}`, value: median(times), unit: 'ms (median)' })
  }
  await collector.close()
  add({ name: 'disk right after, with parts that are merged but not yet removed', value: folderBytes(dataDir) / spans, unit: 'bytes/span' })
  rmSync(dataDir, { recursive: true })
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
const runs = Number(process.env.BENCH_RUNS ?? 5_000)
const bodies = bodiesOf(await recordRuns(runs), SPANS_PER_BODY)
const spans = bodies.reduce((sum, body) => sum + body.spans, 0)
if (spans === 0) throw new Error('cannot run the benchmark: no spans were recorded')
await benchSdk()
await benchPure(bodies.slice(0, 60))
await benchCollector(bodies, runs)

const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
const rows = figures.map(
  ({ name, value, unit, baseline }) =>
    `| ${name} | ${readable(value)} ${unit} | ${baseline ? `${readable(baseline.ratio)} × ${baseline.name}` : ''} |`,
)
saveMainText(
  `# Benchmarks

Written by \`npm run bench\`. Load generator and collector share the machine; absolute figures vary between runs, ratios less.

${machine}, commit ${commit}, ${readable(runs)} runs of ${readable(spans / runs)} spans, ${readable(bodies.reduce((sum, { body }) => sum + body.length, 0) / spans)} bytes of protobuf a span.

| what | figure | ratio |
|---|---|---|
${rows.join('\n')}
`,
)
console.log(JSON.stringify({ machine, commit, runs, spans, figures }, null, 2))
