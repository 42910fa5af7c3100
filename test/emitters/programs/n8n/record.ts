// `node test/emitters/programs/n8n/record.ts [scenario]`: runs workflows in the real n8n, with its OpenTelemetry switched on, and writes what it sends.
import { execFile, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { serve } from '../../../../examples/src/fakes/http-server.ts'
import { serveModelVendors } from '../../fakes/model-vendors.ts'
import type { Served } from '../../fakes/script.ts'
import { startRecorder } from '../../recorder.ts'
import type { Scenario } from '../../truth.ts'
import { type N8nScenario, SCENARIOS_OF_N8N } from './scenarios.ts'
import { workflowsFor } from './workflows.ts'

const run = promisify(execFile)
// stack traces name the files of n8n: they must tell nothing of the machine
const THERE = '/tmp/emitters/n8n'
const HOME = path.join(THERE, 'home')
const PORT = '15678'
const N8N = path.join(THERE, 'node_modules/n8n/bin/n8n')
const VERSION = (JSON.parse(readFileSync(path.join(import.meta.dirname, 'package.json'), 'utf8')) as { dependencies: { n8n: string } })
  .dependencies.n8n

/** Packages that no registry has are replaced (see package.json), and its database is compiled here. */
const install = async (): Promise<void> => {
  if (existsSync(N8N)) return
  mkdirSync(THERE, { recursive: true })
  cpSync(path.join(import.meta.dirname, 'package.json'), path.join(THERE, 'package.json'))
  await run('npm', ['install', '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: THERE })
  await run('npx', ['node-gyp', 'rebuild'], { cwd: path.join(THERE, 'node_modules/sqlite3') })
}

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + 180_000; Date.now() < end; await wait(100)) if (await holds()) return
  throw new Error(`cannot record n8n: waited for ${what} in vain`)
}

const orderService = async () => {
  const state = { failures: 0, resumeUrl: '' }
  const server = await serve(async ({ path: asked, body }) => {
    if (asked === '/ask') {
      state.resumeUrl = (body as { resume: string }).resume
      return { body: { asked: true } }
    }
    state.failures -= 1
    return state.failures >= 0
      ? { status: 503, body: { message: 'order service is closed' } }
      : { body: { id: 'A-17', status: 'delivered' } }
  })
  return { server, state }
}

const environment = (recorderUrl: string) => ({
  PATH: process.env.PATH ?? '',
  HOME,
  N8N_USER_FOLDER: HOME,
  N8N_PORT: PORT,
  N8N_RUNNERS_BROKER_PORT: '15679',
  N8N_LISTEN_ADDRESS: '127.0.0.1',
  N8N_DIAGNOSTICS_ENABLED: 'false',
  N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
  N8N_TEMPLATES_ENABLED: 'false',
  N8N_OTEL_ENABLED: 'true',
  N8N_OTEL_EXPORTER_OTLP_ENDPOINT: recorderUrl,
})

const [wanted] = process.argv.slice(2)
await install()
rmSync(HOME, { recursive: true, force: true })
mkdirSync(HOME, { recursive: true })
const [recorder, vendors, { server, state }] = [await startRecorder(), await serveModelVendors(), await orderService()]
const env = environment(recorder.url)
const cli = (...args: string[]) => run(process.execPath, [N8N, ...args], { cwd: HOME, env, timeout: 300_000 })

const workflows = workflowsFor(server.url)
const credentials = [{ id: 'openai0000000000', name: 'OpenAI', type: 'openAiApi', data: { apiKey: 'none', url: `${vendors.url}/v1` } }]
writeFileSync(path.join(HOME, 'workflows.json'), JSON.stringify(workflows))
writeFileSync(path.join(HOME, 'credentials.json'), JSON.stringify(credentials))
await cli('import:credentials', `--input=${HOME}/credentials.json`)
await cli('import:workflow', `--input=${HOME}/workflows.json`)
for (const { id } of workflows) await cli('publish:workflow', `--id=${id}`)

const n8n = spawn(process.execPath, [N8N, 'start'], { cwd: HOME, env, stdio: ['ignore', 'ignore', 'inherit'] })
const base = `http://127.0.0.1:${PORT}`
const isThere = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ status }) => status < 400,
    () => false,
  )
await until('n8n to listen', () => isThere(`${base}/healthz/readiness`))
await until('its webhooks', () => isThere(`${base}/webhook/sequence`))

const count = (bytes: Buffer, word: string): number => bytes.toString('latin1').split(word).length - 1

const record = async (name: string, scenario: N8nScenario): Promise<void> => {
  recorder.take()
  Object.assign(state, { failures: scenario.failures ?? 0, resumeUrl: '' })
  await fetch(`${vendors.url}/script`, { method: 'PUT', body: JSON.stringify(scenario.script ?? []) })
  await fetch(`${base}/webhook/${scenario.path}`)
  if (scenario.answers) {
    await until('the question', () => state.resumeUrl !== '')
    await until('the workflow to go on', () => isThere(state.resumeUrl.replace(/^http:\/\/[^/]+/, base)))
  }
  const parts: Buffer[] = []
  await until('the spans', () => {
    const { traces } = recorder.take()
    if (traces.length > 0) parts.push(traces)
    return count(Buffer.concat(parts), 'workflow.execute') >= (scenario.answers ? 2 : 1)
  })
  const { tokens } = (await (await fetch(`${vendors.url}/served`)).json()) as Served
  const folder = path.join(import.meta.dirname, '../../captures/n8n', VERSION)
  mkdirSync(folder, { recursive: true })
  const truth = { emitter: 'n8n', version: VERSION, scenario: name, instrumentation: [`n8n@${VERSION}`], story: scenario.story }
  writeFileSync(path.join(folder, `${name}.otlp`), gzipSync(Buffer.concat(parts)))
  writeFileSync(path.join(folder, `${name}.truth.json`), `${JSON.stringify({ ...truth, runs: [{ ...scenario.run, tokens }] }, null, 2)}\n`)
  console.log(`n8n ${name}: ${Buffer.concat(parts).length} bytes of spans`)
}

// ids of executions are numbers: from 10 on none can be taken for a count
const FIRST_EXECUTIONS = 10
try {
  for (let at = 1; at < FIRST_EXECUTIONS; at += 1) await fetch(`${base}/webhook/sequence`)
  const early: Buffer[] = []
  await until('the first spans', () => {
    early.push(recorder.take().traces)
    return count(Buffer.concat(early), 'workflow.execute') >= FIRST_EXECUTIONS
  })
  for (const [name, scenario] of Object.entries(SCENARIOS_OF_N8N) as [Scenario, N8nScenario][])
    if (wanted === undefined || wanted === name)
      await record(name, scenario).catch((error: unknown) => console.error(`n8n ${name}: ${String(error)}`))
} finally {
  n8n.kill()
  await Promise.all([recorder.close(), vendors.close(), server.close()])
}
