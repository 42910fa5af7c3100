// A program with a provider of its own: what the processor holds arrives, however the program ends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FakeCollector, startFakeCollector } from './export/outage.fixture.ts'

const SDK = fileURLToPath(new URL('./index.ts', import.meta.url))

let collector: FakeCollector
beforeEach(async () => {
  collector = await startFakeCollector()
})
afterEach(() => collector.close())

const run = async (end: string): Promise<{ code: number | null; killedBy: string | null; out: string }> => {
  const program = `import { trace } from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { flush, pipeline, seamtraceProcessor } from ${JSON.stringify(SDK)}
const provider = new BasicTracerProvider({ spanProcessors: [seamtraceProcessor()] })
trace.setGlobalTracerProvider(provider)
pipeline('span-000001', () => 1)
${end}
`
  const child = spawn(process.execPath, ['--conditions=seamtrace-source', '--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, NODE_OPTIONS: '', OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, SEAMTRACE_SPOOL: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    // it has done its work, and waits to be ended
    if (out === 'ready') child.kill('SIGTERM')
    if (out === 'flushed') child.kill('SIGKILL')
  })
  const [code, killedBy] = await once(child, 'close')
  return { code, killedBy, out }
}

it('when it just ends', { timeout: 60_000 }, async () => {
  expect(await run('')).toMatchObject({ code: 0 })
  expect([...collector.names]).toEqual(['span-000001'])
})

it('when it is told to end, and it still ends by the signal', { timeout: 60_000 }, async () => {
  expect(await run(`process.stdout.write('ready'); setInterval(() => {}, 1_000)`)).toMatchObject({ code: null, killedBy: 'SIGTERM' })
  expect([...collector.names]).toEqual(['span-000001'])
})

it('when it asks for it by flush()', { timeout: 60_000 }, async () => {
  await run(`await flush(); process.stdout.write('flushed'); setInterval(() => {}, 1_000)`)
  expect([...collector.names]).toEqual(['span-000001'])
})

it('a provider that was shut down leaves no listeners behind', { timeout: 60_000 }, async () => {
  const events = `['beforeExit', 'SIGTERM', 'exit'].map((name) => process.listenerCount(name)).join()`
  expect(await run(`const held = ${events}; await provider.shutdown(); process.stdout.write(held + ' ' + ${events})`)).toMatchObject({
    out: '1,1,1 0,0,0',
  })
})
