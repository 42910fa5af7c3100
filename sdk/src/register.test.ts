// A program that knows nothing of Seamtrace, started with --import.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FakeCollector, startFakeCollector } from './export/outage.fixture.ts'
import { instrumentInstalled } from './instrumentations.ts'

let folder: string
let collector: FakeCollector
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-register-'))
  collector = await startFakeCollector()
})
afterEach(async () => {
  await collector.close()
  rmSync(folder, { recursive: true, force: true })
})

const REGISTER = fileURLToPath(new URL('./register.ts', import.meta.url))
const API = import.meta.resolve('@opentelemetry/api')

const install = (name: string, source: string): void => {
  const at = join(folder, 'node_modules', name)
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, 'package.json'), JSON.stringify({ name, type: 'module', exports: './index.js' }))
  writeFileSync(join(at, 'index.js'), source)
}

const run = async (program: string): Promise<number | null> => {
  const file = join(folder, 'app.mjs')
  writeFileSync(file, program)
  const child = spawn(process.execPath, ['--conditions=seamtrace-source', '--import', REGISTER, file], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '', OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, SEAMTRACE_SPOOL: 'off' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return (await once(child, 'exit'))[0]
}

it('spans of the program reach the collector, and it ends by itself', async () => {
  expect(await run(`import { trace } from ${JSON.stringify(API)}\ntrace.getTracer('app').startSpan('span-000001').end()`)).toBe(0)
  expect([...collector.names]).toEqual(['span-000001'])
})

it('an instrumentation that is installed is switched on, one that is broken is left out', async () => {
  install(
    '@opentelemetry/instrumentation-undici',
    `import { trace } from ${JSON.stringify(API)}
export class UndiciInstrumentation { constructor() { trace.getTracer('undici').startSpan('span-000002').end() } }`,
  )
  install('@opentelemetry/instrumentation-aws-sdk', 'throw new Error("of another version")')
  expect(await run('')).toBe(0)
  expect([...collector.names]).toEqual(['span-000002'])
})

it('tells which are on', () => {
  install('@opentelemetry/instrumentation-aws-sdk', 'export class AwsInstrumentation {}')
  install('@traceloop/instrumentation-pinecone', 'export const somethingElse = 1')
  expect(instrumentInstalled([`${folder}/`])).toEqual(['@opentelemetry/instrumentation-aws-sdk'])
})

it('an instrumentation that throws while a module is loaded leaves it as it is', () => {
  Reflect.set(globalThis, 'seamtraceTest', [])
  install(
    '@traceloop/instrumentation-pinecone',
    `export class PineconeInstrumentation {
      _modules = [{ patch() { throw new Error('another version') }, files: [{ patch: (exports) => ({ ...exports, changed: true }) }] }]
      constructor() { globalThis.seamtraceTest.push(this) }
    }`,
  )
  instrumentInstalled([`${folder}/`])
  const [definition] = Reflect.get(globalThis, 'seamtraceTest')[0]._modules
  Reflect.deleteProperty(globalThis, 'seamtraceTest')
  expect(definition.patch({ value: 1 })).toEqual({ value: 1 })
  expect(definition.files[0].patch({ value: 1 })).toEqual({ value: 1, changed: true })
})

it('a client that makes its own spans is not instrumented', () => {
  install('@traceloop/instrumentation-anthropic', 'export class AnthropicInstrumentation {}')
  install('@anthropic-ai/sdk', '')
  const at = join(folder, 'node_modules/@anthropic-ai/sdk/package.json')
  writeFileSync(at, JSON.stringify({ name: '@anthropic-ai/sdk', version: '0.90.1' }))
  expect(instrumentInstalled([`${folder}/`])).toEqual(['@traceloop/instrumentation-anthropic'])
  writeFileSync(at, JSON.stringify({ name: '@anthropic-ai/sdk', version: '1.11.0' }))
  expect(instrumentInstalled([`${folder}/`])).toEqual([])
})
