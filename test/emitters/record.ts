// `node test/emitters/record.ts [system] [scenario]`: runs the programs against the fake vendors and writes their captures anew.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { serveModelVendors } from './fakes/model-vendors.ts'
import type { Served } from './fakes/script.ts'
import { type Recorder, startRecorder } from './recorder.ts'
import type { Truth } from './truth.ts'

const run = promisify(execFile)
const HERE = import.meta.dirname
// neutral, because stack traces and file names of programs end up in spans
const THERE = '/tmp/emitters'
const MAX_BYTES = 60_000
const MAX_RUN_MS = 30_000

type Language = { folder: string; ending: string; install(folder: string): Promise<unknown>; command: string[] }

const LANGUAGES: Language[] = [
  {
    folder: 'js',
    ending: '.ts',
    install: (cwd) => run('npm', ['ci', '--no-audit', '--no-fund'], { cwd }),
    command: [process.execPath, '--disable-warning=ExperimentalWarning'],
  },
  {
    folder: 'py',
    ending: '.py',
    install: async (cwd) => {
      await run('python3', ['-m', 'venv', '.venv'], { cwd })
      await run('.venv/bin/pip', ['install', '--quiet', '--no-deps', '-r', 'requirements.txt'], { cwd })
    },
    command: [`${THERE}/py/.venv/bin/python`],
  },
]

type System = { name: string; language: Language }

const systemsOf = (language: Language): System[] => {
  const folder = path.join(HERE, 'programs', language.folder, 'systems')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith(language.ending))
    .map((file) => ({ name: path.basename(file, language.ending), language }))
}

/** Copies the programs to the neutral folder, and installs what their lock names when that has changed. */
const prepare = async (language: Language): Promise<void> => {
  const from = path.join(HERE, 'programs', language.folder)
  const to = path.join(THERE, language.folder)
  const stamp = path.join(to, 'installed')
  const locked = ['package-lock.json', 'requirements.txt'].map((file) => path.join(from, file)).find(existsSync)
  const lock = locked ? readFileSync(locked, 'utf8') : ''
  mkdirSync(to, { recursive: true })
  cpSync(from, to, { recursive: true, filter: (file) => !file.includes('node_modules') && !file.includes('.venv') })
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.error(`installing the packages of ${language.folder} in ${to}`)
  await language.install(to)
  writeFileSync(stamp, lock)
}

const start = (system: System, argument: string, env: Record<string, string>) => {
  const [command = '', ...options] = system.language.command
  const cwd = path.join(THERE, system.language.folder)
  const file = path.join('systems', `${system.name}${system.language.ending}`)
  const { PATH = '', HOME = '' } = process.env
  return run(command, [...options, file, argument], { cwd, timeout: MAX_RUN_MS, env: { PATH, HOME, ...env } })
}

const keep = (truth: Truth, { traces, logs }: { traces: Buffer; logs: Buffer }): string => {
  const folder = path.join(HERE, 'captures', truth.emitter, truth.version)
  const base = path.join(folder, truth.scenario)
  mkdirSync(folder, { recursive: true })
  for (const [file, body] of [
    [`${base}.otlp`, traces],
    [`${base}.logs.otlp`, logs],
  ] as const) {
    const bytes = body.length > 0 ? gzipSync(body) : body
    if (bytes.length > MAX_BYTES) throw new Error(`cannot keep ${file}: it has ${bytes.length} bytes, more than ${MAX_BYTES}`)
    if (bytes.length > 0) writeFileSync(file, bytes)
    else rmSync(file, { force: true })
  }
  writeFileSync(`${base}.truth.json`, `${JSON.stringify(truth, null, 2)}\n`)
  return `${traces.length} bytes of spans, ${logs.length} of logs`
}

type Surroundings = { recorder: Recorder; modelUrl: string }

const recordOne = async (system: System, scenario: string, { recorder, modelUrl }: Surroundings): Promise<void> => {
  const truthFile = path.join(THERE, 'truth.json')
  rmSync(truthFile, { force: true })
  recorder.take()
  await start(system, scenario, {
    MODEL_URL: modelUrl,
    OTEL_EXPORTER_OTLP_ENDPOINT: recorder.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_SERVICE_NAME: system.name,
    TRUTH_FILE: truthFile,
  })
  const { refused, ...recorded } = recorder.take()
  if (refused.length > 0) throw new Error(refused.join('; '))
  if (recorded.traces.length === 0) throw new Error('no spans came')
  const truth = JSON.parse(readFileSync(truthFile, 'utf8')) as Truth
  const { unused, beyond } = (await (await fetch(`${modelUrl}/served`)).json()) as Served
  if (unused + beyond > 0) throw new Error(`the script had ${unused} answers too many and ${beyond} too few`)
  console.log(`${system.name} ${scenario}: ${keep(truth, recorded)}`)
}

const [wantedSystem, wantedScenario] = process.argv.slice(2)
const wanted = LANGUAGES.flatMap(systemsOf).filter(({ name }) => wantedSystem === undefined || name === wantedSystem)
if (wanted.length === 0) throw new Error(`cannot record ${wantedSystem}: there is no such program`)
for (const language of new Set(wanted.map(({ language }) => language))) await prepare(language)

const [recorder, fake] = [await startRecorder(), await serveModelVendors()]
let failed = 0
for (const system of wanted) {
  const { stdout } = await start(system, '--list', {})
  const scenarios = stdout.trim().split('\n')
  for (const scenario of scenarios.filter((name) => wantedScenario === undefined || name === wantedScenario)) {
    await recordOne(system, scenario, { recorder, modelUrl: fake.url }).catch((error: unknown) => {
      failed += 1
      console.error(`${system.name} ${scenario}: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
}
await Promise.all([recorder.close(), fake.close()])
process.exitCode = failed > 0 ? 1 : 0
