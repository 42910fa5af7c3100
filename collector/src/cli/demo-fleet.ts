// The demo's programs as a child process: started, watched, and ended with the command.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export type FleetProgress = { done: number; total: number }

export type FleetRequest = {
  endpoint: string
  /** of role ingest, where the server needs one */
  key?: string | undefined
  runs: number | undefined
  seed: number
  faults: boolean
  truthFile?: string
  /** false when the history of an earlier demo is there */
  fill: boolean
  trickle: boolean
}

export type RunningFleet = {
  /** resolves when history is filled */
  filled: Promise<void>
  /** never resolves; rejects when the programs end without having been asked to */
  ended: Promise<never>
  stop(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('../../../examples/src/fleet.ts', import.meta.url))
const STOP_MS = 5000

/** Starts the programs. They are a child with a channel, so that they end even when this process is killed. */
export const startFleet = (request: FleetRequest, onProgress: (progress: FleetProgress) => void): RunningFleet => {
  const child = spawn(process.execPath, ['--conditions=seamtrace-source', PROGRAM, ...argumentsOf(request)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, SEAMTRACE_DEMO_KEY: request.key },
  })
  let asked = false
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', reject)
    child.once(
      'exit',
      (code, signal) => asked || reject(new Error(`the programs of the demo ended by themselves (${signal ?? `exit code ${code}`})`)),
    )
  })
  const filled = Promise.race([untilFilled(child, onProgress), ended])
  // Whoever does not wait for one of them any more must not be killed by it.
  for (const promise of [ended, filled]) promise.catch(() => {})
  const stop = async () => {
    asked = true
    await end(child)
  }
  return { filled, ended, stop }
}

const argumentsOf = ({ endpoint, runs, seed, faults, truthFile, fill, trickle }: FleetRequest): string[] => [
  '--endpoint',
  endpoint,
  '--seed',
  String(seed),
  '--faults',
  faults ? 'on' : 'off',
  ...(runs === undefined ? [] : ['--runs', String(runs)]),
  ...(truthFile === undefined ? [] : ['--truth', truthFile]),
  '--fill',
  fill ? 'on' : 'off',
  ...(trickle ? ['--trickle'] : []),
]

const untilFilled = (child: ChildProcess, onProgress: (progress: FleetProgress) => void): Promise<void> =>
  new Promise((resolve) => {
    if (!child.stdout) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as Partial<FleetProgress> & { filled?: boolean }
      if (message.filled) resolve()
      else if (message.done !== undefined && message.total !== undefined) onProgress({ done: message.done, total: message.total })
    })
  })

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.kill('SIGTERM')
  await ended
  clearTimeout(timer)
}
