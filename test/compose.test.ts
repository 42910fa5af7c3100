// The compose file: checked by the client itself where there is one, and in any case against what the collector expects.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../collector/src/cli/config.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

type Service = {
  environment?: Record<string, string>
  entrypoint?: string[]
  ports?: string[]
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
}
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> }

const compose = parse(readFileSync(`${root}docker-compose.yml`, 'utf8')) as Compose

/** What the shell variables of the file are when nobody sets them. */
const defaults = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1')

it('is what the compose client takes', () => {
  const client = spawnSync('docker', ['compose', 'config', '--quiet'], { cwd: root, encoding: 'utf8' })
  const missing = client.error !== undefined || /unknown (command|shorthand flag|flag)|not a docker command/.test(client.stderr)
  expect(missing ? 0 : client.status, client.stderr).toBe(0)
})

describe('the admin token', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamtrace-compose-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const MOUNT = '/run/seamtrace'
  /** Runs what the container runs, on another folder. */
  const writeToken = (): string => {
    const [command = '', ...args] = compose.services.token?.entrypoint ?? []
    const done = spawnSync(
      command,
      args.map((arg) => arg.replaceAll(MOUNT, folder)),
      { encoding: 'utf8' },
    )
    expect(done.status, done.stderr).toBe(0)
    expect(readdirSync(folder)).toEqual(['admin-token'])
    return readFileSync(join(folder, 'admin-token'), 'utf8')
  }

  it('is made by chance on the first start, and stays over the next ones', () => {
    const token = writeToken()
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    expect(statSync(join(folder, 'admin-token')).mode & 0o777).toBe(0o444)
    expect(writeToken()).toBe(token)
    rmSync(join(folder, 'admin-token'))
    expect(writeToken()).not.toBe(token)
  })

  it('is made again after a start that was cut off', () => {
    writeFileSync(join(folder, 'admin-token.new'), 'half', { mode: 0o444 })
    rmSync(join(folder, 'admin-token'), { force: true })
    expect(writeToken()).toMatch(/^[0-9a-f]{64}$/)
  })

  it('and the other settings are what the collector accepts, on the server beside it', () => {
    const environment = Object.entries(compose.services.collector?.environment ?? {}).map(([name, value]) => [
      name,
      defaults(String(value)).replaceAll(MOUNT, folder),
    ])
    const { config } = readConfig([], Object.fromEntries(environment))
    expect(config).toMatchObject({
      host: '0.0.0.0',
      adminToken: readFileSync(join(folder, 'admin-token'), 'utf8'),
      allowedHosts: ['collector'],
      clickhouseUrl: 'http://seamtrace:seamtrace@clickhouse:8123/seamtrace',
    })
    expect(compose.services.clickhouse).toBeDefined()
  })

  it('is there before the collector, which only reads it, and nothing else has it', () => {
    const { collector, token, ...others } = compose.services
    expect(collector?.depends_on?.token?.condition).toBe('service_completed_successfully')
    expect(token?.volumes).toEqual([`token:${MOUNT}`])
    expect(collector?.volumes).toContain(`token:${MOUNT}:ro`)
    for (const { volumes = [] } of Object.values(others)) expect(volumes.filter((volume) => volume.startsWith('token:'))).toEqual([])
    expect(readFileSync(`${root}docker-compose.yml`, 'utf8')).not.toMatch(/SEAMTRACE_ADMIN_TOKEN:|smt_[ira]_/)
  })
})

it('publishes ports on this machine only, and keeps what was stored', () => {
  const ports = Object.values(compose.services).flatMap((service) => service.ports ?? [])
  expect(ports.length).toBeGreaterThan(0)
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
  const named = Object.values(compose.services)
    .flatMap((service) => service.volumes ?? [])
    .filter((volume) => !volume.startsWith('.'))
  for (const volume of named) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0])
})

it('limits the logs that the server keeps about itself', () => {
  const mounted = compose.services.clickhouse?.volumes?.find((volume) => volume.includes('system-logs.xml')) ?? ''
  const xml = readFileSync(`${root}${mounted.split(':')[0]}`, 'utf8')
  for (const log of ['query_log', 'part_log']) expect(xml).toMatch(new RegExp(`<${log}><ttl>`))
  for (const log of ['trace_log', 'metric_log', 'text_log']) expect(xml).toContain(`<${log} remove="1"/>`)
})
