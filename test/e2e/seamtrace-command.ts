// Runs the `seamtrace` command as a process of its own, as a user would.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url))
// what a developer has set for himself must not reach the command under test
const OWN = /^(SEAMTRACE|CLICKHOUSE|OTEL)_/

export type Running = {
  process: ChildProcess
  /** resolves with the first match in what the command has printed; rejects when it ends before */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  /** exit code and everything printed */
  ended: Promise<{ code: number; out: string; err: string }>
  stop(): Promise<void>
}

export const startCommand = (args: string[], env: Record<string, string> = {}): Running => {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN.test(name)))
  const child = spawn(process.execPath, ['--conditions=seamtrace-source', MAIN, ...args], {
    env: { ...inherited, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    for (const look of watchers) look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    for (const look of watchers) look()
  })
  const ended = once(child, 'close').then(([code]) => ({ code: Number(code), out, err }))
  const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(out) ?? pattern.exec(err)
        if (match) resolve(match)
      }
      watchers.add(look)
      look()
      void ended.then(({ code }) =>
        reject(new Error(`seamtrace ${args.join(' ')} ended with ${code} before it printed ${pattern}: ${err}`)),
      )
    })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  return { process: child, printed, ended, stop }
}
