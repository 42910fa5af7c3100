// `seamtrace doctor` against a real collector: each reason why a span does not arrive is told in words.

import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createServer } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Collector, startCollector, urlOf } from '../collector.ts'
import { environmentHints } from './doctor-environment.ts'
import { createLog } from './log.ts'
import { main } from './main.ts'

const PATIENCE_MS = 120_000
vi.setConfig({ testTimeout: PATIENCE_MS })
const folder = mkdtempSync(path.join(tmpdir(), 'seamtrace-doctor-'))
const ROOT = path.join(import.meta.dirname, '../../..')
let collector: Collector
let [dashboard, otlp, grpc] = ['', '', '']

beforeAll(async () => {
  const ports = { port: 0, otlpHttpPort: 0, otlpGrpcPort: 0 }
  collector = await startCollector(
    { host: '127.0.0.1', ...ports, dataDir: path.join(folder, 'data') },
    createLog(() => {}),
  )
  dashboard = urlOf('127.0.0.1', collector.ports.api)
  otlp = urlOf('127.0.0.1', collector.ports.otlpHttp)
  grpc = urlOf('127.0.0.1', collector.ports.otlpGrpc)
}, PATIENCE_MS)
afterAll(async () => {
  await collector?.close()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(() => void vi.restoreAllMocks())

type Check = { name: string; ok: boolean; message: string }
const doctor = async (
  args: string[],
  env: Record<string, string | undefined> = {},
): Promise<{ code: number; ok: boolean; checks: Check[]; failed: string }> => {
  let out = ''
  const code = await main(['doctor', '--json', '--wait', '60', '--url', dashboard, ...args], {
    out: (text) => {
      out += text
    },
    err: () => {},
    env,
  })
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Check[] }
  return {
    code,
    ok,
    checks,
    failed: checks
      .filter((check) => !check.ok)
      .map(({ name, message }) => `${name}: ${message}`)
      .join('\n'),
  }
}

it('says that all is well when a span came back', async () => {
  const { code, ok, checks } = await doctor(['--otlp-url', otlp])
  expect({ code, ok, checks: checks.map(({ name }) => name) }).toEqual({ code: 0, ok: true, checks: ['API', 'clock', 'OTLP', 'read back'] })
})

it('sends where programs of this shell send', async () => {
  expect(await doctor([], { OTEL_EXPORTER_OTLP_ENDPOINT: otlp })).toMatchObject({ code: 0, ok: true })
  expect(await doctor([], { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${otlp}/v1/traces` })).toMatchObject({ code: 0, ok: true })
})

it('tries to send even where the dashboard has another address', async () => {
  const { code, checks } = await doctor(['--url', 'http://127.0.0.1:1', '--otlp-url', otlp])
  expect([code, checks.map(({ name, ok }) => [name, ok])]).toEqual([
    5,
    [
      ['API', false],
      ['OTLP', true],
    ],
  ])
})

it('is not content with a shell whose programs send nothing', async () => {
  const env = { OTEL_TRACES_SAMPLER: 'always_off' }
  expect(await doctor(['--otlp-url', otlp], env)).toMatchObject({
    code: 1,
    ok: false,
    failed: expect.stringContaining('every trace is dropped'),
  })
})

describe('tells why no span can be sent', () => {
  it('nothing listens', async () => {
    const gone = createServer()
    await once(gone.listen(0, '127.0.0.1'), 'listening')
    const { port } = gone.address() as AddressInfo
    await once(gone.close(), 'close')
    expect(await doctor(['--otlp-url', `http://127.0.0.1:${port}`])).toMatchObject({
      code: 5,
      failed: expect.stringContaining(`nothing listens at http://127.0.0.1:${port}: start seamtrace`),
    })
  })
  it('the port is that of gRPC', async () => {
    expect(await doctor(['--otlp-url', grpc])).toMatchObject({ code: 5, failed: expect.stringContaining('is a port for gRPC') })
  })
  it('the port is that of the dashboard', async () => {
    expect(await doctor(['--otlp-url', dashboard])).toMatchObject({ code: 5, failed: expect.stringContaining('takes no traces') })
  })
  it('TLS is spoken to a port without it', async () => {
    expect(await doctor(['--otlp-url', otlp.replace('http:', 'https:')])).toMatchObject({
      code: 5,
      failed: expect.stringContaining('write http:// in place of https://'),
    })
  })
  it('a port with TLS is spoken to without it', async () => {
    // without a certificate it can only refuse, in the words of TLS
    const server = createServer({})
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await doctor(['--otlp-url', address])).toMatchObject({
      code: 5,
      failed: expect.stringContaining('write https:// in place of http://'),
    })
    server.close()
  })
  it('the address is none', async () => {
    expect(await doctor(['--otlp-url', '127.0.0.1:4318'])).toMatchObject({ code: 5, failed: expect.stringContaining('is no address') })
  })
})

it('tells that the clocks differ, and goes on', async () => {
  const now = Date.now.bind(Date)
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 600_000)
  const { checks, failed } = await doctor(['--otlp-url', otlp])
  expect(failed).toMatch(/^clock: this clock is (59\d|60\d) s ahead of/)
  expect(checks.at(-1)).toMatchObject({ name: 'read back', ok: true })
})

describe('tells which variables keep spans away', () => {
  const AT = 'http://127.0.0.1:4318'
  it.each([
    [{ OTEL_SDK_DISABLED: 'true' }, 'programs record nothing'],
    [{ OTEL_TRACES_EXPORTER: 'console' }, 'send nothing'],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, 'every trace is dropped'],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, 'every trace is dropped'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4320' }, 'programs started from this shell send there'],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: AT }, 'where OTLP over gRPC is taken'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:4318' }, 'write http://'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: `${AT}/v1/traces` }, 'leave the path away'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'x-seamtrace-key=k', OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=b' }, 'put the key into both'],
  ])('%j', (env, words) => {
    expect(environmentHints(env, AT).map(({ message }) => message)).toEqual([expect.stringContaining(words)])
  })
  it.each([
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: AT, OTEL_TRACES_EXPORTER: 'console,otlp' },
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317' },
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
  ])('%j is well', (env) => expect(environmentHints(env, AT)).toEqual([]))
})

describe('--app', () => {
  const sdk = path.join(ROOT, 'sdk/src')
  const write = (name: string, text: string): string => {
    mkdirSync(path.join(folder, 'node_modules/openai'), { recursive: true })
    writeFileSync(path.join(folder, 'node_modules/openai/package.json'), '{"type":"module","exports":"./index.js"}')
    writeFileSync(path.join(folder, 'node_modules/openai/index.js'), '')
    const file = path.join(folder, name)
    writeFileSync(file, text)
    return file
  }
  const inspect = (file: string, env = {}) =>
    doctor(['--otlp-url', otlp, '--app', file], { PATH: process.env.PATH, NODE_OPTIONS: '--conditions=seamtrace-source', ...env })
  const START = `import { pipeline, start } from ${JSON.stringify(path.join(sdk, 'index.ts'))}\nstart({ service: 'app' })\npipeline('p', () => 1)\n`

  it('a program that records from its beginning is well', async () => {
    expect(await inspect(write('well.mjs', START))).toMatchObject({ code: 0, ok: true, failed: '' })
  })
  it('one that records nothing is told how to begin', async () => {
    expect(await inspect(write('silent.mjs', 'console.log(1)'))).toMatchObject({
      code: 6,
      failed: expect.stringContaining('records nothing'),
    })
  })
  it('one that begins to record after its client was loaded is told so', async () => {
    expect(await inspect(write('late.mjs', `import 'openai'\n${START}`))).toMatchObject({
      code: 6,
      failed: expect.stringContaining('recording began after openai was loaded'),
    })
  })
  it('one whose spans are all dropped is told so', async () => {
    expect(await inspect(write('dropped.mjs', START), { OTEL_TRACES_SAMPLER: 'always_off' })).toMatchObject({
      code: 6,
      failed: expect.stringMatching(/every trace is dropped[\s\S]*sent no traces/),
    })
  })
  it('one that breaks at once', async () => {
    expect(await inspect(write('broken.mjs', 'throw new Error(1)'))).toMatchObject({
      code: 6,
      failed: expect.stringContaining('ended with 1 before it recorded anything: Error: 1'),
    })
  })
  it('its options of Node are those of its user, not ours', async () => {
    const file = write('options.mjs', 'if (process.env.NODE_OPTIONS) throw new Error(process.env.NODE_OPTIONS)')
    expect(await inspect(file, { SEAMTRACE_NODE_OPTIONS: '' })).toMatchObject({ failed: expect.stringContaining('records nothing') })
  })
  it('is found from where npm was called', async () => {
    write('called-here.mjs', '')
    expect(await inspect('called-here.mjs', { INIT_CWD: folder })).toMatchObject({ failed: expect.stringContaining('records nothing') })
  })
  it('one that cannot be run', async () => {
    const err: string[] = []
    const args = ['doctor', '--wait', '60', '--url', dashboard, '--otlp-url', otlp, '--app', path.join(folder, 'nowhere.mjs')]
    const code = await main(args, { out: () => {}, err: (text) => void err.push(text), env: { PATH: process.env.PATH } })
    expect([code, err.join('')]).toEqual([3, expect.stringContaining('cannot run')])
  })
})
