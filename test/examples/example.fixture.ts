// Runs an example as a user would: a program of its own, which sends to a real collector; then asks that for what it saw.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ENDPOINTS, Run, RunSummary } from '@seamtrace/schema'
import { expect, vi } from 'vitest'
import type { z } from 'zod'
import { startCommand } from '../e2e/seamtrace-command.ts'

const FOLDER = fileURLToPath(new URL('../../examples/src/adapters/', import.meta.url))
// what a developer has set for himself must not reach the program under test
const OWN = /^(SEAMTRACE|CLICKHOUSE|OTEL)_/
const ENOUGH = { timeout: 60_000, interval: 100 }

export type Ran = { code: number; out: string; err: string }
export type SpanOfRun = z.infer<typeof ENDPOINTS.runSpans.response>['items'][number]

export type ExampleCollector = {
  /** origin of the API, without a slash at its end */
  api: string
  /** what a program needs as OTEL_EXPORTER_OTLP_ENDPOINT */
  otlp: string
  /**
   * Runs `examples/src/adapters/<name>.ts` (or a file told by its whole path) to its end.
   * @param execArgv of Node, e.g. `['--import', '@seamtrace/sdk/register']`
   */
  run(name: string, env?: Record<string, string>, execArgv?: readonly string[]): Promise<Ran>
  /** The runs of a service, the first one first, once there are `count` of them and all are analyzed whole. */
  runsOf(service: string, count?: number): Promise<Run[]>
  /** What the API answers now of one run. */
  detailOf(runId: string): Promise<Run>
  /** Every span of a run, by start. */
  spansOf(runId: string): Promise<SpanOfRun[]>
  stop(): Promise<void>
}

/** Starts `seamtrace up` on free ports with an empty data folder: once a test file, in `beforeAll`. */
export const startExampleCollector = async (): Promise<ExampleCollector> => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-example-'))
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0']
  const command = startCommand(['up', '--json', '--data', join(folder, 'data'), ...ports])
  const [line] = await command.printed(/^\{.*\}$/m)
  const { dashboard, otlp } = JSON.parse(line) as { dashboard: string; otlp: string }
  const api = dashboard.replace(/\/$/, '')
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${api}/api/v1${path}`)
    if (!answer.ok) throw new Error(`cannot get ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
  const detailOf = async (runId: string): Promise<Run> => {
    const [run] = (await ask<{ runs: Run[] }>(`/runs/${encodeURIComponent(runId)}`)).runs
    if (run === undefined) throw new Error(`cannot find run ${runId}`)
    return run
  }
  const runsOf = async (service: string, count = 1): Promise<Run[]> => {
    const find = async (): Promise<Run[]> => {
      const { items } = await ask<{ items: RunSummary[] }>('/runs')
      const runs = (await Promise.all(items.map(({ runId }) => detailOf(runId)))).filter((run) => run.service === service)
      expect(runs.filter(({ provisional }) => !provisional).length).toBeGreaterThanOrEqual(count)
      expect(runs.every(({ provisional }) => !provisional)).toBe(true)
      return runs.toSorted((a, b) => a.startTime.localeCompare(b.startTime))
    }
    return vi.waitFor(find, ENOUGH)
  }
  return {
    api,
    otlp,
    run: (name, env = {}, execArgv = []) => runProgram(name, { OTEL_EXPORTER_OTLP_ENDPOINT: otlp, ...env }, execArgv),
    runsOf,
    detailOf,
    spansOf: async (runId) => (await ask<{ items: SpanOfRun[] }>(`/runs/${encodeURIComponent(runId)}/spans`)).items,
    stop: async () => {
      await command.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const runProgram = async (name: string, env: Record<string, string>, execArgv: readonly string[]): Promise<Ran> => {
  const path = name.includes('/') ? name : join(FOLDER, `${name}.ts`)
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([key]) => !OWN.test(key)))
  const child = spawn(process.execPath, ['--conditions=seamtrace-source', ...execArgv, path], {
    // an example is run in the folder of the examples, where its packages are
    cwd: fileURLToPath(new URL('../../examples/', import.meta.url)),
    env: { ...inherited, NODE_OPTIONS: '', SEAMTRACE_SPOOL: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const [code] = await once(child, 'close')
  return { code: Number(code), out, err }
}
