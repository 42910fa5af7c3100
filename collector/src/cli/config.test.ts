// Flag before environment before default, and clear words when a value makes no sense.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig, shownSettings } from './config.ts'

const from = (args: string[], env: Record<string, string> = {}) => shownSettings(readConfig(args, env).settings)

describe('readConfig', () => {
  it('has a default for everything that needs one', () => {
    expect(readConfig([], {}).config).toEqual({
      retentionDays: 30,
      spoolMaxBytes: 4 * 1024 ** 3,
      adminToken: undefined,
      allowedHosts: [],
      disabledRules: [],
      host: '127.0.0.1',
      port: 4319,
      otlpHttpPort: 4318,
      otlpGrpcPort: 4317,
      dataDir: './.seamtrace',
      alertWebhook: undefined,
      clickhouseUrl: undefined,
      clickhouseCluster: undefined,
      roles: ['ingest', 'query', 'derive', 'alert'],
    })
  })

  it('takes the flag before the environment before the default, and tells which', () => {
    const env = { SEAMTRACE_PORT: '1111', SEAMTRACE_DATA: '/tmp/a', SEAMTRACE_HOST: '' }
    expect(from(['--port', '2222'], env)).toMatchObject({
      port: { value: '2222', from: '--port' },
      dataDir: { value: '/tmp/a', from: 'SEAMTRACE_DATA' },
      host: { value: '127.0.0.1', from: 'default' },
      alertWebhook: { value: null, from: 'default' },
    })
  })

  it('shows no password', () => {
    const shown = from(['--alert-webhook', 'https://chat.example/hook/secret'], { CLICKHOUSE_URL: 'https://me:pass@db.example:8443/x' })
    expect(shown.alertWebhook?.value).toBe('https://chat.example/…')
    expect(shown.clickhouseUrl?.value).toBe('https://db.example:8443/…')
  })

  it.each([
    [['--port', '70000'], {}, 'cannot use "70000" from --port: a port is a number from 0 to 65535'],
    [[], { SEAMTRACE_PORT: 'x' }, 'cannot use "x" from SEAMTRACE_PORT: a port is a number'],
    [['--port', '4318'], {}, 'cannot use "4318" from default: dashboard, OTLP over HTTP and OTLP over gRPC need a port each'],
    [['--otlp-grpc-port', '4318'], {}, 'need a port each'],
    [[], { SEAMTRACE_OTLP_GRPC_PORT: '4319' }, 'cannot use "4319" from SEAMTRACE_OTLP_GRPC_PORT'],
    [['--prot', '1'], {}, "cannot read arguments: unknown option '--prot'"],
    [['--port'], {}, "cannot read arguments: option '--port <value>' argument missing"],
    [['extra'], {}, 'cannot read arguments: unexpected argument'],
    [
      [],
      { SEAMTRACE_ROLE: 'ingest' },
      'cannot use "ingest" from SEAMTRACE_ROLE: it needs CLICKHOUSE_URL, a server that the processes of all roles share',
    ],
    [
      [],
      { SEAMTRACE_ROLE: 'ingest,cook' },
      'cannot use "ingest,cook" from SEAMTRACE_ROLE: the roles are all, ingest, query, derive, alert',
    ],
    [[], { CLICKHOUSE_CLUSTER: 'main' }, 'it needs CLICKHOUSE_URL'],
    [['--alert-webhook', 'example.com'], {}, 'write an address that begins with http:// or https://'],
  ] as [string[], Record<string, string>, string][])('refuses %j %j', (args, env, message) => {
    expect(() => readConfig(args, env)).toThrow(message)
  })

  it('takes one role or several on a server that they share', () => {
    const rolesOf = (role: string) => readConfig([], { SEAMTRACE_ROLE: role, CLICKHOUSE_URL: 'http://db:8123' }).config.roles
    expect(rolesOf('ingest')).toEqual(['ingest'])
    expect(rolesOf('derive, query')).toEqual(['query', 'derive'])
    expect(rolesOf('all')).toHaveLength(4)
  })

  it('takes rules to switch off, and names those there are when one is unknown', () => {
    expect(readConfig([], { SEAMTRACE_DISABLED_RULES: 'tool-timeout, receiver-missing-keys' }).config.disabledRules).toEqual([
      'tool-timeout',
      'receiver-missing-keys',
    ])
    expect(() => readConfig([], { SEAMTRACE_DISABLED_RULES: 'nonsense' })).toThrow(
      'there is no rule "nonsense"; the rules are model-context-overflow',
    )
  })

  it('takes the admin token from the environment or from a file, and shows it nowhere', () => {
    const folder = mkdtempSync(join(tmpdir(), 'seamtrace-config-'))
    const file = join(folder, 'token')
    writeFileSync(file, ' 0123456789abcdef\n')
    const token = 'https://0123456789abcdef'
    expect(readConfig([], { SEAMTRACE_ADMIN_TOKEN: token }).config.adminToken).toBe(token)
    expect(from([], { SEAMTRACE_ADMIN_TOKEN: token }).adminToken).toEqual({ value: '…', from: 'SEAMTRACE_ADMIN_TOKEN' })
    expect(readConfig([], { SEAMTRACE_ADMIN_TOKEN_FILE: file }).config.adminToken).toBe('0123456789abcdef')
    const refused = (env: Record<string, string>): string => {
      try {
        return String(readConfig([], env).config.adminToken)
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(refused({ SEAMTRACE_ADMIN_TOKEN: 'fifteen-letters' })).toBe(
      'cannot use "…" from SEAMTRACE_ADMIN_TOKEN: a token has 16 characters or more; openssl rand -hex 32 makes one',
    )
    expect(refused({ SEAMTRACE_ADMIN_TOKEN: 'sixteen letters and blanks' })).toContain('no spaces')
    expect(refused({ SEAMTRACE_ADMIN_TOKEN: token, SEAMTRACE_ADMIN_TOKEN_FILE: file })).toContain('set one of them')
    expect(refused({ SEAMTRACE_ADMIN_TOKEN_FILE: join(folder, 'none') })).toContain('cannot read it: ENOENT')
    writeFileSync(file, '\n')
    expect(refused({ SEAMTRACE_ADMIN_TOKEN_FILE: file })).toContain(
      'cannot use "…" from the file of SEAMTRACE_ADMIN_TOKEN_FILE: a token has 16 characters',
    )
    expect(() => readConfig(['--admin-token', token], {})).toThrow("unknown option '--admin-token'")
    rmSync(folder, { recursive: true })
  })

  it('takes further host names, without scheme and port', () => {
    expect(readConfig([], { SEAMTRACE_ALLOWED_HOSTS: 'traces.example, collector,[fd00::1]' }).config.allowedHosts).toEqual([
      'traces.example',
      'collector',
      '[fd00::1]',
    ])
    for (const host of ['https://traces.example', 'traces.example:4318', '*', 'a b'])
      expect(() => readConfig([], { SEAMTRACE_ALLOWED_HOSTS: host })).toThrow('write names or addresses without scheme and port')
  })
})
