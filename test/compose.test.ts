// The compose file: checked by the client itself where there is one, and in any case against what the collector expects.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../collector/src/cli/config.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

type Service = { environment?: Record<string, string>; ports?: string[]; volumes?: string[]; build?: string; depends_on?: object }
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> }

const compose = parse(readFileSync(`${root}docker-compose.yml`, 'utf8')) as Compose

/** What the shell variables of the file are when nobody sets them. */
const defaults = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1')

it('is what the compose client takes', () => {
  const client = spawnSync('docker', ['compose', 'config', '--quiet'], { cwd: root, encoding: 'utf8' })
  const missing = client.error !== undefined || /unknown (command|shorthand flag|flag)|not a docker command/.test(client.stderr)
  expect(missing ? 0 : client.status, client.stderr).toBe(0)
})

it('starts the collector with settings that it accepts, on the server beside it', () => {
  const environment = compose.services.collector?.environment ?? {}
  const { config } = readConfig([], Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, defaults(String(value))])))
  expect(config).toMatchObject({
    host: '0.0.0.0',
    allowOpenHost: true,
    clickhouseUrl: 'http://seamtrace:seamtrace@clickhouse:8123/seamtrace',
  })
  expect(compose.services.clickhouse).toBeDefined()
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
