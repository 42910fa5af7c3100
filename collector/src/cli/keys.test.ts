// Keys and projects by the command line, against a running collector.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { type Collector, type CollectorConfig, startCollector, urlOf } from '../collector.ts'
import { createLog } from './log.ts'
import { main } from './main.ts'

const folder = mkdtempSync(join(tmpdir(), 'seamtrace-keys-'))
const logged: string[] = []
let collector: Collector
let dashboard = ''
let otlp = ''
let number = 0

const start = async (config: Partial<CollectorConfig> = {}): Promise<void> => {
  const dataDir = join(folder, `data-${++number}`)
  const log = createLog((line) => logged.push(line))
  collector = await startCollector({ host: '127.0.0.1', port: 0, otlpHttpPort: 0, otlpGrpcPort: 0, dataDir, ...config }, log)
  dashboard = urlOf('127.0.0.1', collector.ports.api)
  otlp = urlOf('127.0.0.1', collector.ports.otlpHttp)
}
afterEach(() => collector?.close())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const cli = async (args: string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> => {
  let out = ''
  let err = ''
  const code = await main(args, { out: (text) => (out += text), err: (text) => (err += text), env })
  return { code, out, err }
}
const ask = (args: string[], key?: string) => cli([...args, '--url', dashboard], key === undefined ? {} : { SEAMTRACE_API_KEY: key })
const made = async (role: string, adminKey: string, ...rest: string[]) =>
  JSON.parse((await ask(['keys', 'create', '--role', role, '--json', ...rest], adminKey)).out) as {
    id: string
    key: string
    project: string
  }

it('asks for keys from the first one on, and does with them what their role allows', async () => {
  await start()
  expect(await ask(['keys', 'create', '--role', 'read'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('begin with role admin'),
  })
  const admin = await ask(['keys', 'create', '--role', 'admin', '--name', 'me'])
  expect(admin).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^smt_a_[0-9a-f]{48}\n$/),
    err: expect.stringContaining('not shown again'),
  })
  expect(await ask(['keys', 'list'])).toMatchObject({ code: 4, err: expect.stringContaining('give it with --key or SEAMTRACE_API_KEY') })
  const adminKey = admin.out.trim()
  const [read, ingest] = [await made('read', adminKey), await made('ingest', adminKey)]
  expect(await ask(['runs'], read.key)).toMatchObject({ code: 0, out: expect.stringContaining('STARTED') })
  for (const args of [['runs'], ['seams'], ['run', 'x'], ['projects', 'list']])
    expect(await ask(args, ingest.key)).toMatchObject({ code: 4, err: expect.stringContaining('it may only send telemetry') })
  expect(await ask(['projects', 'create', 'acme'], adminKey)).toMatchObject({
    code: 4,
    err: expect.stringContaining('use the admin token'),
  })
  expect(await ask(['projects', 'list'], adminKey)).toMatchObject({ code: 0, out: expect.stringContaining('default') })
  expect(await ask(['doctor', '--otlp-url', otlp], read.key)).toMatchObject({
    code: 4,
    out: expect.stringContaining('--ingest-key'),
  })
  expect(await ask(['doctor', '--otlp-url', otlp, '--ingest-key', ingest.key], read.key)).toMatchObject({ code: 0 })
  const header = { OTEL_EXPORTER_OTLP_HEADERS: `x-a=b,Authorization=Bearer%20${ingest.key}` }
  const doctor = ['doctor', '--url', dashboard, '--otlp-url', otlp]
  expect(await cli([...doctor, '--key', read.key], header)).toMatchObject({ code: 0 })
  expect(await cli(doctor, header)).toMatchObject({
    code: 4,
    out: expect.stringContaining('FAIL  read back: cannot answer without a key'),
  })
  expect(await ask(['keys', 'revoke', read.id], adminKey)).toMatchObject({ code: 0, err: `${read.id} is revoked\n` })
  expect(await ask(['runs'], read.key)).toMatchObject({ code: 4, err: expect.stringContaining('it was revoked') })
  const listed = await ask(['keys', 'list'], adminKey)
  expect(listed.out).toMatch(new RegExp(`${read.id} +read +default .*Z\\n`))
  for (const { key } of [read, ingest]) expect(listed.out + logged.join('')).not.toContain(key)
}, 60_000)

it('lets the operator make projects and keys in them, by the admin token alone', async () => {
  const token = 'the-token-of-the-operator'
  await start({ host: '0.0.0.0', adminToken: token })
  expect(await ask(['runs'])).toMatchObject({ code: 4 })
  expect(await ask(['projects', 'create', 'acme'], token)).toMatchObject({ code: 0, err: 'project acme is made\n' })
  expect(await ask(['projects', 'create', 'acme'], token)).toMatchObject({ code: 1, err: expect.stringContaining('it is there already') })
  expect(await ask(['projects', 'create', 'No Name'], token)).toMatchObject({ code: 3, err: expect.stringContaining('small letters') })
  const boss = await made('admin', token, '--project', 'acme')
  expect(boss.project).toBe('acme')
  expect((await made('ingest', boss.key)).project).toBe('acme')
  expect(await ask(['keys', 'list', '--project', 'default'], boss.key)).toMatchObject({ code: 4 })
  expect((await ask(['projects', 'list'], token)).out).toContain('acme')
  expect(await ask(['keys', 'revoke', boss.id], token)).toMatchObject({ code: 1, err: expect.stringContaining('cannot find key') })
  expect(await ask(['keys', 'revoke', boss.id, '--project', 'acme'], token)).toMatchObject({ code: 0 })
  expect(await ask(['keys', 'list'], boss.key)).toMatchObject({ code: 4 })
  expect(logged.join('')).not.toContain(token)
}, 60_000)

it.each(['0.0.0.0', '::', '192.0.2.1'])('does not listen on %s without an admin token, and says what to do', async (host) => {
  await expect(start({ host })).rejects.toThrow(
    `cannot listen on ${host}: it is reachable from other machines; set SEAMTRACE_ADMIN_TOKEN to a secret of 16 characters or more`,
  )
})
