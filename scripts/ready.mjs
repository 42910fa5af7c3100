// Installs what is missing, then runs the rest of its command line: `node scripts/ready.mjs [--dashboard] COMMAND [ARG …]`.
// Written for old Node versions too: the pinned Node 24 is itself one of the packages that it installs.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const bin = path.join(root, 'node_modules', '.bin')
const windows = process.platform === 'win32'

const modifiedAt = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0)

function newestIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    const file = path.join(folder, entry.name)
    return Math.max(newest, entry.isDirectory() ? newestIn(file) : modifiedAt(file))
  }, 0)
}

function runOrExit(what, command, args) {
  process.stderr.write(`${what}\n`)
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env, shell: windows })
  if (result.status !== 0) {
    process.stderr.write(`cannot go on: "${command} ${args.join(' ')}" failed; mend that and run the same command again\n`)
    process.exit(result.status || 1)
  }
}

const env = {
  ...process.env,
  PATH: `${bin}${path.delimiter}${process.env.PATH || ''}`,
  // workspace packages are read from their source
  NODE_OPTIONS: `${process.env.NODE_OPTIONS || ''} --conditions=seamtrace-source --disable-warning=ExperimentalWarning`.trim(),
  // for programs of the user that we start: `doctor --app`
  SEAMTRACE_NODE_OPTIONS: process.env.NODE_OPTIONS || '',
}
const installEnv = { ...env, NODE_OPTIONS: process.env.NODE_OPTIONS || '' }

// npm writes this file last, so a broken-off installation is repeated
if (modifiedAt(path.join(root, 'node_modules', '.package-lock.json')) < modifiedAt(path.join(root, 'package-lock.json'))) {
  Object.assign(env, { NODE_OPTIONS: installEnv.NODE_OPTIONS })
  runOrExit('installing packages (once; about half a minute, 1.4 GB, most of it the ClickHouse engine) …', 'npm', [
    'ci',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ])
  env.NODE_OPTIONS = `${installEnv.NODE_OPTIONS} --conditions=seamtrace-source --disable-warning=ExperimentalWarning`.trim()
}

const args = process.argv.slice(2)
if (args[0] === '--dashboard') {
  args.shift()
  const built = modifiedAt(path.join(root, 'dashboard', 'dist', 'index.html'))
  const sources = Math.max(newestIn(path.join(root, 'dashboard', 'src')), newestIn(path.join(root, 'schema', 'src')))
  if (built < sources) runOrExit('building the dashboard …', 'npm', ['run', '--silent', 'build', '--workspace', 'dashboard'])
}

if (args.length > 0) {
  const child = spawn(args[0], args.slice(1), { cwd: root, stdio: 'inherit', env, shell: windows })
  // a terminal's Ctrl-C reaches the child too: it is the child that decides when to end
  // (at a terminal; where there is none, nobody else would tell it)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => (signal !== 'SIGINT' || !process.stdin.isTTY) && child.kill(signal))
  }
  // npm does not always pass on what it is told: when it is gone, so is the reason to run
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1000).unref()
  child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)))
  child.on('error', (error) => {
    process.stderr.write(`cannot start ${args[0]}: ${error.message}\n`)
    process.exit(1)
  })
}
