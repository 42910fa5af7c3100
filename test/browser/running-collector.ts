// A collector that holds the runs of the demo, for the browser tests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCommand } from '../e2e/seamtrace-command.ts'

export type RunningCollector = {
  /** origin of dashboard and API */
  url: string
  /** where OTLP over HTTP is taken */
  otlpUrl: string
  stop: () => Promise<void>
}

/** Starts `seamtrace demo` on free ports; resolves when its history is filled. */
export const runningCollector = async (): Promise<RunningCollector> => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-browser-'))
  const demo = startCommand([
    'demo',
    '--json',
    '--port',
    '0',
    '--otlp-http-port',
    '0',
    '--otlp-grpc-port',
    '0',
    '--data',
    join(folder, 'data'),
  ])
  const [line] = await demo.printed(/^\{.*\}$/m)
  const { dashboard, otlp } = JSON.parse(line) as { dashboard: string; otlp: string }
  await demo.printed(/history is filled/)
  const stop = async (): Promise<void> => {
    await demo.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { url: dashboard, otlpUrl: otlp, stop }
}
