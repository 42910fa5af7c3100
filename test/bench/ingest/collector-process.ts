// `seamtrace up` as a process of its own for a benchmark: free ports, a data folder, and what its public API says of its progress.
import type { Ingest } from '@seamtrace/schema'
import { startCommand } from '../../e2e/seamtrace-command.ts'

export type Progress = Pick<Ingest, 'storedSpans' | 'storedRuns' | 'pendingTraces'>

export type CollectorProcess = {
  pid: number
  otlpUrl: string
  apiUrl: string
  /** until /readyz answered 200 */
  startSeconds: number
  stop(): Promise<void>
}

type Addresses = { dashboard: string; otlp: string }

export const startCollectorProcess = async (dataDir: string, env: Record<string, string> = {}): Promise<CollectorProcess> => {
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0']
  const sinceMs = performance.now()
  const running = startCommand(['up', '--json', ...ports, '--data', dataDir], env)
  const kill = (): void => void running.process.kill('SIGKILL')
  process.once('exit', kill)
  const [line] = await running.printed(/^\{.*\}$/m)
  const { dashboard, otlp }: Addresses = JSON.parse(line)
  await untilReady(`${dashboard.replace(/\/$/, '')}/readyz`)
  const startSeconds = (performance.now() - sinceMs) / 1_000
  return {
    pid: running.process.pid ?? 0,
    otlpUrl: `${otlp.replace(/\/$/, '')}/v1/traces`,
    apiUrl: `${dashboard.replace(/\/$/, '')}/api/v1`,
    startSeconds,
    stop: async () => {
      process.off('exit', kill)
      running.process.kill('SIGTERM')
      const { code, err } = await running.ended
      if (code !== 0) console.error(`the collector ended with ${code}: ${err.slice(-2_000)}`)
    },
  }
}

const untilReady = async (url: string): Promise<void> => {
  const untilMs = performance.now() + 60_000
  for (;;) {
    const answer = await fetch(url)
    await answer.arrayBuffer()
    if (answer.ok) return
    if (performance.now() > untilMs) throw new Error(`cannot start the collector: ${url} answers ${answer.status}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const readProgress = async (apiUrl: string): Promise<Progress> => {
  const answer = await fetch(`${apiUrl}/ingest`)
  if (!answer.ok) throw new Error(`cannot read the progress: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Progress
}

/** @returns seconds since `sinceMs` when it was so; undefined when it was not within the limit */
export const untilProgress = async (
  apiUrl: string,
  reached: (progress: Progress) => boolean,
  { sinceMs, limitSeconds }: { sinceMs: number; limitSeconds: number },
): Promise<number | undefined> => {
  while (performance.now() - sinceMs < limitSeconds * 1_000) {
    const askedMs = performance.now()
    const progress = await readProgress(apiUrl).catch((error: Error) => console.error(error.message))
    const now = performance.now()
    if (progress && reached(progress)) return (now - sinceMs) / 1_000
    // counting all spans is work for the engine too: a tenth of its time at the most
    await new Promise((resolve) => setTimeout(resolve, Math.max(100, (now - askedMs) * 9)))
  }
  return undefined
}
