// A program goes on while the collector is killed and started again: every span that it made is stored, once.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Ingest } from '@seamtrace/schema'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Running, startCommand } from './seamtrace-command.ts'

let folder: string
let collector: Running | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-sdk-outage-'))
})
afterEach(async () => {
  await collector?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const startCollector = async (otlpPort: number): Promise<string> => {
  const ports = ['--port', '0', '--otlp-http-port', String(otlpPort), '--otlp-grpc-port', '0']
  collector = startCommand(['up', '--json', '--data', join(folder, 'data'), ...ports])
  const [line] = await collector.printed(/^\{.*\}$/m)
  return (JSON.parse(line) as { dashboard: string }).dashboard.replace(/\/$/, '')
}

const LONG = { timeout: 60_000, interval: 250 }

it('a collector that is killed costs no span and doubles none', { timeout: 5 * 60_000 }, async () => {
  const otlpPort = await freePort()
  await startCollector(otlpPort)
  const program = fileURLToPath(new URL('./sdk-outage-program.ts', import.meta.url))
  const endpoint = `http://127.0.0.1:${otlpPort}`
  const child = fork(program, [endpoint, join(folder, 'spool')], { execArgv: ['--conditions=seamtrace-source'] })
  let runs = 0
  child.on('message', (count: number) => {
    runs = count
  })
  const goOn = async (more: number): Promise<void> => {
    const until = runs + more
    await vi.waitFor(() => expect(runs).toBeGreaterThanOrEqual(until), LONG)
  }
  await goOn(30)
  collector?.process.kill('SIGKILL')
  await collector?.ended
  await goOn(100)
  const api = await startCollector(otlpPort)
  await goOn(30)
  // it flushes, which takes all that waits, and tells how many runs it made
  child.send('end')
  await once(child, 'exit')
  const told = async (): Promise<Ingest> => (await (await fetch(`${api}/api/v1/ingest`)).json()) as Ingest
  await vi.waitFor(async () => expect(await told()).toMatchObject({ storedSpans: runs * 3, storedRuns: runs }), LONG)
})
