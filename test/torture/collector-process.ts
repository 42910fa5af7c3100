// A collector for the torture runs: `node collector-process.ts JSON`. Prints its ports as one line; dies and misbehaves where it is told to.
import { type CollectorConfig, startCollector } from '../../collector/src/collector.ts'
import type { CrashPoint } from '../../collector/src/spool/state.ts'
import { type Defect, defectiveFs } from './defects.ts'

export type Settings = {
  config: Pick<CollectorConfig, 'port' | 'otlpHttpPort' | 'otlpGrpcPort' | 'dataDir' | 'clickhouseUrl'>
  spool?: { maxBytes?: number; keepMs?: number; sealAfterMs?: number }
  /** ends the process the n-th time that it passes there */
  crash?: { point: CrashPoint; pass: number } | undefined
  /** for negative controls: a defence that is switched off */
  defect?: Defect | undefined
}

export type ReadyLine = { api: number; otlpHttp: number; otlpGrpc: number }

const { config, spool, crash, defect }: Settings = JSON.parse(process.argv[2] ?? '{}')

let passesLeft = crash?.pass ?? 0
const crashAt = (point: CrashPoint): void => {
  if (point === crash?.point && --passesLeft === 0) process.kill(process.pid, 'SIGKILL')
}

const write = (message: string): void => void process.stderr.write(`${message}\n`)
const log = { info: () => {}, warn: write, error: write }

const { maxBytes, ...times } = spool ?? {}
const seams = { ...times, crash: crashAt, ...(defect ? { fs: defectiveFs(defect) } : {}) }
const withSeams: CollectorConfig = { host: '127.0.0.1', ...config, spoolMaxBytes: maxBytes, spool: seams }

// from the start: a signal during the start must not be lost
const stopped = new Promise<void>((resolve) => {
  process.once('SIGTERM', resolve)
  process.once('SIGINT', resolve)
})
// the harness is gone, however it ended: then nobody else would end this process
process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL')).resume()

const collector = await startCollector(withSeams, log)
process.stdout.write(`${JSON.stringify(collector.ports satisfies ReadyLine)}\n`)
await stopped
await collector.close()
process.exit(0)
