#!/usr/bin/env node
// The command line: finds the command, runs it, turns what it throws into a message and an exit code.
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ERROR_CODES, messageOf, SeamtraceError } from '@seamtrace/schema'
import { NotAllowed } from './ask.ts'
import { type Command, EXIT, type Io } from './io.ts'
import { VERSION } from './version.ts'

type Entry = { summary: string; load: () => Promise<{ run: Command }> }

// Loaded when asked for: `--version` must not wait for an engine.
const COMMANDS: Record<string, Entry> = {
  up: { summary: 'receive, analyze and show traces (the default)', load: () => import('./up.ts') },
  demo: { summary: 'the same with five example pipelines and their faults', load: () => import('./demo.ts') },
  analyze: { summary: 'analyze OTLP files without a server', load: () => import('./analyze.ts') },
  runs: { summary: 'list runs of a running server', load: () => import('./runs.ts') },
  run: { summary: 'show one run: story, steps, attempts, failures', load: () => import('./run.ts') },
  seams: { summary: 'list seams, the most charged first', load: () => import('./seams.ts') },
  keys: { summary: 'make, list and revoke API keys', load: () => import('./keys.ts') },
  projects: { summary: 'make and list projects', load: () => import('./projects.ts') },
  prices: { summary: 'list, set and remove the prices of a project', load: () => import('./prices.ts') },
  reanalyze: { summary: 'recognize history anew after a change of rules or prices', load: () => import('./reanalyze.ts') },
  doctor: { summary: 'check that traces arrive, and why not', load: () => import('./doctor.ts') },
}

const HELP = `seamtrace ${VERSION}: where does the reliability of an agent pipeline leak?

Usage: seamtrace [command] [options]

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`)
  .join('\n')}

Examples:
  seamtrace                                  start, then open http://127.0.0.1:4319
  seamtrace up --port 8080 --data ./traces   other port, other folder
  seamtrace analyze traces.otlp.json         no server: print the runs of a file
  seamtrace runs --outcome failure --since 2h
  seamtrace run 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7
  seamtrace seams --pipeline support-refund --json
  seamtrace keys create --role admin         from then on every request needs a key

Traces come by OTLP: over HTTP on port 4318 (protobuf or JSON), over gRPC on port 4317.
A server that has keys is asked with --key or SEAMTRACE_API_KEY.
Every command has --help, and --json for scripts: data on stdout, messages on stderr.
Exit codes: 0 ok, 1 error, 3 wrong usage, 4 not allowed, 5 unreachable, 6 nothing arrived.
`

export async function main(args: string[], io: Io): Promise<number> {
  try {
    return await dispatch(args, io)
  } catch (error) {
    io.err(`seamtrace: ${messageOf(error)}\n`)
    if (error instanceof NotAllowed) return error.exit
    return error instanceof SeamtraceError ? ERROR_CODES[error.code].exit : EXIT.error
  }
}

async function dispatch(args: string[], io: Io): Promise<number> {
  const [first = 'up', ...rest] = args
  if (first === '--version' || first === '-v') {
    io.out(`${VERSION}\n`)
    return EXIT.ok
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    io.out(HELP)
    return EXIT.ok
  }
  // options without a command are those of `up`
  const [name, commandArgs] = first.startsWith('-') ? ['up', args] : [first, rest]
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!entry)
    throw new SeamtraceError('usage', `cannot run ${JSON.stringify(name)}: no such command${suggestion(name)}; seamtrace --help lists them`)
  const { run } = await entry.load()
  return run(commandArgs, io)
}

function suggestion(name: string): string {
  const [nearest] = Object.keys(COMMANDS)
    .map((command) => ({ command, distance: editDistance(name, command) }))
    .sort((a, b) => a.distance - b.distance)
  return nearest && nearest.distance <= 2 ? `, did you mean "${nearest.command}"?` : ''
}

/** Levenshtein. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= Math.min(from.length, 50); i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[to.length] ?? 0
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  // a reader that has seen enough (`| head`) is no error
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.error))
  process.exitCode = await main(process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
  })
}
