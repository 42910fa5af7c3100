// `node test/emitters/record.ts [system] [scenario]`: runs the programs against the fake vendors and writes their captures anew.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { serveModelVendors } from './fakes/model-vendors.ts'
import type { Served } from './fakes/script.ts'
import { type Recorder, startRecorder } from './recorder.ts'
import type { Truth } from './truth.ts'

const run = promisify(execFile)
const HERE = import.meta.dirname
// because stack traces and file names of programs end up in spans
const NEUTRAL = '/tmp/emitters'
const MAX_BYTES = 60_000
const MAX_RUN_MS = 30_000

const PROGRAMS = path.join(HERE, 'programs', 'js')
const THERE = path.join(NEUTRAL, 'js')

const systems = (): string[] =>
  readdirSync(path.join(PROGRAMS, 'systems'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.basename(file, '.ts'))

/** Our own SDK from its source: outside node_modules, where types are not stripped. */
const linkSdk = (): void => {
  const scope = path.join(THERE, 'node_modules', '@seamtrace')
  mkdirSync(scope, { recursive: true })
  for (const name of ['sdk', 'schema']) {
    const copy = path.join(THERE, 'seamtrace', name)
    cpSync(path.join(HERE, '..', '..', name), copy, { recursive: true, filter: (file) => !/node_modules|dist/.test(path.basename(file)) })
    rmSync(path.join(scope, name), { recursive: true, force: true })
    symlinkSync(copy, path.join(scope, name))
  }
}

/** Copies the programs to the neutral folder, and installs what their lock names when that has changed. */
const prepare = async (): Promise<void> => {
  const stamp = path.join(THERE, 'installed')
  const lock = readFileSync(path.join(PROGRAMS, 'package-lock.json'), 'utf8')
  cpSync(PROGRAMS, THERE, { recursive: true, filter: (file) => !file.includes('node_modules') })
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    console.error(`installing the packages of the programs in ${THERE}`)
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: THERE })
    writeFileSync(stamp, lock)
  }
  linkSdk()
}

const start = (system: string, argument: string, env: Record<string, string>) => {
  const { PATH = '', HOME = '' } = process.env
  const args = ['--conditions=seamtrace-source', '--disable-warning=ExperimentalWarning', path.join('systems', `${system}.ts`), argument]
  return run(process.execPath, args, { cwd: THERE, timeout: MAX_RUN_MS, env: { PATH, HOME, ...env } })
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

const recordOne = async (system: string, scenario: string, { recorder, modelUrl }: Surroundings): Promise<void> => {
  const truthFile = path.join(NEUTRAL, 'truth.json')
  rmSync(truthFile, { force: true })
  recorder.take()
  await start(system, scenario, {
    MODEL_URL: modelUrl,
    OTEL_EXPORTER_OTLP_ENDPOINT: recorder.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_SERVICE_NAME: system,
    TRUTH_FILE: truthFile,
  })
  const { refused, ...recorded } = recorder.take()
  if (refused.length > 0) throw new Error(refused.join('; '))
  if (recorded.traces.length === 0) throw new Error('no spans came')
  const truth = JSON.parse(readFileSync(truthFile, 'utf8')) as Truth
  const { unused, beyond } = (await (await fetch(`${modelUrl}/served`)).json()) as Served
  if (unused + beyond > 0) throw new Error(`the script had ${unused} answers too many and ${beyond} too few`)
  console.log(`${system} ${scenario}: ${keep(truth, recorded)}`)
}

const [wantedSystem, wantedScenario] = process.argv.slice(2)
const wanted = systems().filter((name) => wantedSystem === undefined || name === wantedSystem)
if (wanted.length === 0) throw new Error(`cannot record ${wantedSystem}: there is no such program`)
await prepare()

const [recorder, fake] = [await startRecorder(), await serveModelVendors()]
let failed = 0
for (const system of wanted) {
  const { stdout } = await start(system, '--list', {})
  const scenarios = stdout.trim().split('\n')
  for (const scenario of scenarios.filter((name) => wantedScenario === undefined || name === wantedScenario)) {
    await recordOne(system, scenario, { recorder, modelUrl: fake.url }).catch((error: unknown) => {
      failed += 1
      console.error(`${system} ${scenario}: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
}
await Promise.all([recorder.close(), fake.close()])
process.exitCode = failed > 0 ? 1 : 0
