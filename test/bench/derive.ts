// `node test/bench/derive.ts [RUNS]`: what the analysis of stored spans costs, in CPU time of the engine and of its worker, by part.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { analyze } from '../../collector/src/analyze/analyze.ts'
import { ANALYZED_KEYS } from '../../collector/src/analyze/analyzed-keys.ts'
import { decodeTraces } from '../../collector/src/decode/decode-traces.ts'
import { startDerive } from '../../collector/src/derive/derive.ts'
import { recognize } from '../../collector/src/recognize/recognize.ts'
import { createSpanEncoder, ENCODED_COLUMNS } from '../../collector/src/store/encode-span.ts'
import { migrate } from '../../collector/src/store/migrate.ts'
import { openStore, type Store } from '../../collector/src/store/open.ts'
import { readRows } from '../../collector/src/store/read.ts'
import { readLeanTraces } from '../../collector/src/store/read-lean-traces.ts'
import { createRunRows } from '../../collector/src/store/runs.ts'
import { storedRuns } from '../../collector/src/store/runs-of-traces.ts'
import { rangesOfTraces, type TraceRef, touchedTraces } from '../../collector/src/store/touched-traces.ts'
import { bodiesOf, recordRuns } from './traces.ts'

const RUNS_PER_BLOCK = 2_500

const fill = async (store: Store, runs: number): Promise<number> => {
  let spans = 0
  for (let run = 0; run < runs; run += RUNS_PER_BLOCK) {
    const encoder = createSpanEncoder()
    for (const { body } of bodiesOf(await recordRuns(Math.min(RUNS_PER_BLOCK, runs - run)), 500))
      for (const span of decodeTraces(body, 'protobuf').spans) {
        encoder.add('default', recognize(span))
        spans++
      }
    const query = `INSERT INTO spans (${ENCODED_COLUMNS}) FORMAT Native`
    await (await store.client.exec({ query, values: Readable.from([encoder.take()]) })).stream.toArray()
  }
  return spans
}

/** Milliseconds of CPU that the engine's process has used; the clock of /proc ticks every 10 ms. */
const engineCpuOf = (pid: string) => (): number => {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user, system] = fields.split(' ').slice(11, 13).map(Number)
  return ((user ?? 0) + (system ?? 0)) * 10
}
const ownCpu = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const rssMb = (pid: string): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

type Measured = { part: string; engineUs: number; ownUs: number; wallUs: number }

const measured: Measured[] = []
const measure = async <T>(part: string, spans: number, engineCpu: () => number, work: () => Promise<T>): Promise<T> => {
  const [engine, own, wall] = [engineCpu(), ownCpu(), performance.now()]
  const result = await work()
  const per = (ms: number): number => Math.round((ms * 100_000) / spans) / 100
  measured.push({ part, engineUs: per(engineCpu() - engine), ownUs: per(ownCpu() - own), wallUs: per(performance.now() - wall) })
  console.error(JSON.stringify(measured.at(-1)))
  return result
}

/** The parts one after the other, as a batch of the loop goes through them. */
const measureParts = async (store: Store, engineCpu: () => number, spans: number): Promise<void> => {
  const traces: TraceRef[] = []
  const window = { sinceMs: 0, untilMs: Date.now() + 60_000, laterMs: 0, recentMs: 0 }
  await measure('touched traces', spans, engineCpu, async () => {
    for await (const page of touchedTraces(store, window, 50_000)) traces.push(...page)
  })
  traces.sort((a, b) => (a.traceId < b.traceId ? -1 : 1))
  const batch = traces.slice(0, 3_000)
  const known = await readLeanTraces(store, (await rangesOfTraces(store, batch)).ranges, ANALYZED_KEYS, { spans: 1e6, bytes: 1e9 })
  const read = known.reduce((sum, { spanCount }) => sum + spanCount, 0)
  const rounds = 5
  const repeat = (work: () => Promise<unknown>) => async (): Promise<void> => {
    for (let round = 0; round < rounds; round++) await work()
  }
  const part = (name: string, work: () => Promise<unknown>) => measure(name, read * rounds, engineCpu, repeat(work))
  const { ranges } = await rangesOfTraces(store, batch)
  await part('ranges', () => rangesOfTraces(store, batch))
  await part('read', () => readLeanTraces(store, ranges, ANALYZED_KEYS, { spans: 1e6, bytes: 1e9 }))
  await part('stored runs', () => storedRuns(store, batch, [], 0))
  await part('make spans', async () => known.map((trace) => trace.spans().length))
  await part('make spans and analyze', async () => known.map((trace) => analyze(trace.spans()).length))
  const runs = known.flatMap((trace) => analyze(trace.spans()))
  await part('write rows', async () => {
    const rows = createRunRows(1)
    for (const run of runs) rows.add('elsewhere', run)
  })
  await part('write and insert rows', async () => {
    const rows = createRunRows(1)
    for (const run of runs) rows.add('elsewhere', run)
    await rows.flush(store)
  })
}

const count = async (store: Store, sql: string): Promise<number> => (await readRows<{ count: number }>(store, sql))[0]?.count ?? 0

const measureLoop = async (store: Store, engineCpu: () => number, spans: number, pid: string): Promise<void> => {
  const log = { info: console.error, warn: console.error }
  let mostMb = { own: 0, engine: 0 }
  const before = { own: rssMb(String(process.pid)), engine: rssMb(pid) }
  const main = process.threadCpuUsage()
  const sampling = setInterval(() => {
    mostMb = { own: Math.max(mostMb.own, rssMb(String(process.pid))), engine: Math.max(mostMb.engine, rssMb(pid)) }
  }, 100)
  await measure('the loop, all of it', spans, engineCpu, async () => {
    const derive = await startDerive({ store, log })
    await derive.look()
    const stored = () => count(store, `SELECT count() AS count FROM runs WHERE project = 'default'`)
    while (derive.pendingTraces() > 0 || (await stored()) === 0) await derive.look()
    await derive.stop()
  })
  clearInterval(sampling)
  const { user, system } = process.threadCpuUsage(main)
  console.error(
    `main thread ${((user + system) / spans).toFixed(2)} µs a span; RSS before ${JSON.stringify(before)}, at most ${JSON.stringify(mostMb)} MB`,
  )
}

const runs = Number(process.argv[2] ?? 50_000)
const folder = process.argv[3] ?? mkdtempSync(join(tmpdir(), 'seamtrace-bench-derive-'))
const store = await openStore({ dataDir: folder })
await migrate(store)
const pid = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'engine-process'], { encoding: 'utf8' }).split('\n')[0] ?? ''
const spans = process.argv[3] === undefined ? await fill(store, runs) : await count(store, 'SELECT count() AS count FROM spans')
await sleep(5_000)
await measureLoop(store, engineCpuOf(pid), spans, pid)
await measureParts(store, engineCpuOf(pid), spans)
console.log(
  JSON.stringify(
    { spans, runs: await count(store, `SELECT count() AS count FROM runs FINAL WHERE project = 'default'`), measured },
    null,
    2,
  ),
)
await store.close()
if (process.argv[3] === undefined) rmSync(folder, { recursive: true })
