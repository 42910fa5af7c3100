// `npm run dev`: the collector, started again when its source changes, and the dashboard with hot reload. Ctrl-C ends both.
import { type ChildProcess, spawn } from 'node:child_process'

const children: ChildProcess[] = []
const start = (command: string, args: string[], cwd = '.'): void => {
  const child = spawn(command, args, { stdio: 'inherit', cwd, shell: process.platform === 'win32' })
  child.on('exit', (code) => stop(code ?? 1))
  children.push(child)
}

let stopping = false
const stop = (code: number): void => {
  if (stopping) return
  stopping = true
  process.exitCode = code
  for (const child of children) child.kill('SIGTERM')
}
// the terminal sends Ctrl-C to the children as well: they end by themselves, and this process with the last of them
process.on('SIGINT', () => stop(0))
process.on('SIGTERM', () => stop(0))

start('node', ['--watch', '--watch-preserve-output', 'collector/src/cli/main.ts', 'up', ...process.argv.slice(2)])
start('vite', [], 'dashboard')
