// What is seen of a run while its program is there, hangs, ends, and is killed with -9.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Run, RunSummary } from '@seamtrace/schema'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { type Running, startCommand } from './seamtrace-command.ts'

let folder: string
let collector: Running
let api: string
let endpoint: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-live-'))
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0']
  collector = startCommand(['up', '--json', '--data', join(folder, 'data'), ...ports])
  const [line] = await collector.printed(/^\{.*\}$/m)
  const { dashboard } = JSON.parse(line) as { dashboard: string }
  api = `${dashboard.replace(/\/$/, '')}/api/v1`
  const { otlpHttpUrl } = (await (await fetch(`${api}/ingest`)).json()) as { otlpHttpUrl: string }
  endpoint = otlpHttpUrl
}, 120_000)
afterAll(async () => {
  await collector.stop()
  rmSync(folder, { recursive: true, force: true })
})

let program: ChildProcess | undefined
afterEach(() => void program?.kill('SIGKILL'))

const LONG = { timeout: 60_000, interval: 200 }

type Watched = { child: ChildProcess; runId: string; ended: { steps: number; at: number }[] }

const startProgram = async (): Promise<Watched> => {
  const file = fileURLToPath(new URL('./sdk-live-program.ts', import.meta.url))
  const child = fork(file, [endpoint, join(folder, 'spool')], { execArgv: ['--conditions=seamtrace-source'] })
  program = child
  const ended: Watched['ended'] = []
  child.on('message', (steps: number) => ended.push({ steps, at: performance.now() }))
  await vi.waitFor(() => expect(ended.length).toBeGreaterThan(0), LONG)
  return { child, runId: `run-${child.pid}`, ended }
}

const runOf = async (runId: string): Promise<Run | undefined> => {
  const response = await fetch(`${api}/runs/${runId}`)
  return response.ok ? ((await response.json()) as { runs: [Run] }).runs[0] : undefined
}
const untilRun = (runId: string, shape: object): Promise<void> =>
  vi.waitFor(async () => expect(await runOf(runId)).toMatchObject(shape), LONG)

const listed = async (runId: string): Promise<RunSummary[]> => {
  const { items } = (await (await fetch(`${api}/runs?q=${runId}`)).json()) as { items: RunSummary[] }
  return items
}

it('a run is running, and then a success, in one row', { timeout: 180_000 }, async () => {
  const { child, runId } = await startProgram()
  await untilRun(runId, { outcome: 'running', pipeline: 'answer', provisional: true, liveness: { step: 'look', stalledSince: null } })
  expect(await listed(runId)).toMatchObject([{ outcome: 'running', liveness: { stalledSince: null } }])
  child.send('end')
  await untilRun(runId, { outcome: 'success', provisional: false, liveness: null })
  expect(await listed(runId)).toMatchObject([{ outcome: 'success', liveness: null }])
})

it('a run that hangs is stalled, where it hangs', { timeout: 180_000 }, async () => {
  const { child, runId } = await startProgram()
  child.send('hang')
  await untilRun(runId, { outcome: 'running', liveness: { step: 'hang', stalledSince: expect.any(String) } })
  expect((await runOf(runId))?.story).toContain('Stalled at hang')
})

it('a program that is killed leaves all but its last second, and its run is unknown soon', { timeout: 180_000 }, async () => {
  const { child, runId, ended } = await startProgram()
  await untilRun(runId, { outcome: 'running' })
  await vi.waitFor(() => expect(ended.length).toBeGreaterThan(200), LONG)
  const killedAt = performance.now()
  child.kill('SIGKILL')
  await once(child, 'exit')
  const safe = ended.filter(({ at }) => at < killedAt - 1_000).at(-1)?.steps ?? 0
  expect(safe).toBeGreaterThan(0)
  await untilRun(runId, { outcome: 'unknown', liveness: { step: 'look' } })
  const run = await runOf(runId)
  expect(run?.steps[0]?.operations.length).toBeGreaterThanOrEqual(safe)
  expect(run?.story).toContain('lost or killed')
  const took = Date.now() - Date.parse(run?.liveness?.heardAt ?? '')
  console.log(`unknown ${took} ms after it was last heard of; ${run?.steps[0]?.operations.length} of ${ended.at(-1)?.steps} steps stored`)
})
