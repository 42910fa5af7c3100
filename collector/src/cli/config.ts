// The options of a server: flag before environment before default, and where each value came from.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { messageOf, SeamtraceError } from '@seamtrace/schema'
import { ANALYSIS_RULES } from '../analyze/rules.ts'
import type { CollectorConfig } from '../collector.ts'
import { FAILURE_RULES } from '../recognize/failure-kind.ts'
import { ROLES, type Role } from '../roles.ts'

type Option = {
  flag?: string
  env?: string
  fallback?: string
  help: string
  /** what `--print-config` and messages leave out of it */
  secret?: 'behind the host' | 'all'
}

const OPTIONS = {
  host: {
    flag: 'host',
    env: 'SEAMTRACE_HOST',
    fallback: '127.0.0.1',
    help: 'address to listen on; beyond loopback only with an admin token',
  },
  port: { flag: 'port', env: 'SEAMTRACE_PORT', fallback: '4319', help: 'dashboard and API' },
  otlpHttpPort: { flag: 'otlp-http-port', env: 'SEAMTRACE_OTLP_HTTP_PORT', fallback: '4318', help: 'OTLP over HTTP' },
  otlpGrpcPort: { flag: 'otlp-grpc-port', env: 'SEAMTRACE_OTLP_GRPC_PORT', fallback: '4317', help: 'OTLP over gRPC' },
  dataDir: { flag: 'data', env: 'SEAMTRACE_DATA', fallback: './.seamtrace', help: 'folder of the embedded engine' },
  spoolMaxMb: {
    flag: 'spool-max-mb',
    env: 'SEAMTRACE_SPOOL_MAX_MB',
    fallback: '4096',
    help: 'MiB on disk for what waits for the store; beyond it senders are told to wait',
  },
  retentionDays: {
    flag: 'retention-days',
    env: 'SEAMTRACE_RETENTION_DAYS',
    fallback: '30',
    help: 'days from arrival for which spans are kept, runs three times as long',
  },
  alertWebhook: {
    flag: 'alert-webhook',
    env: 'SEAMTRACE_ALERT_WEBHOOK',
    help: 'address that is told of every alert',
    secret: 'behind the host',
  },
  clickhouseUrl: { env: 'CLICKHOUSE_URL', help: 'a ClickHouse server in place of the embedded engine', secret: 'behind the host' },
  clickhouseCluster: { env: 'CLICKHOUSE_CLUSTER', help: 'name of its cluster, when it has one' },
  disabledRules: { env: 'SEAMTRACE_DISABLED_RULES', help: 'rules of recognition and attribution to switch off, with commas between' },
  adminToken: { env: 'SEAMTRACE_ADMIN_TOKEN', help: 'a secret that makes and revokes keys', secret: 'all' },
  adminTokenFile: { env: 'SEAMTRACE_ADMIN_TOKEN_FILE', help: 'a file that holds it, in place of the variable' },
  allowedHosts: { env: 'SEAMTRACE_ALLOWED_HOSTS', help: 'further names by which HTTP requests may call it, with commas between' },
  role: { env: 'SEAMTRACE_ROLE', fallback: 'all', help: 'all, or some of ingest, query, derive, alert, with commas between' },
} satisfies Record<string, Option>

const RULES: ReadonlySet<string> = new Set([...FAILURE_RULES, ...ANALYSIS_RULES])

type OptionName = keyof typeof OPTIONS
const NAMES = Object.keys(OPTIONS) as OptionName[]
const OPTION_LIST: Record<OptionName, Option> = OPTIONS

export type Setting = { option: OptionName; value: string | undefined; from: string }

export type Parsed = { config: CollectorConfig; settings: Setting[]; printConfig: boolean; json: boolean; help: boolean }

/**
 * Reads the options of `up`.
 * @throws SeamtraceError usage, naming the option and where its value came from
 */
export function readConfig(args: string[], env: Record<string, string | undefined>): Parsed {
  const { flags, switches } = readFlags(args)
  const settings = NAMES.map((option) => settle(option, flags, env))
  const get = (option: OptionName): Setting => settings.find((setting) => setting.option === option) as Setting

  const clickhouseUrl = get('clickhouseUrl').value
  const roles = readRoles(get('role'))
  if (clickhouseUrl === undefined && roles.length < ROLES.length)
    throw wrong(get('role'), 'it needs CLICKHOUSE_URL, a server that the processes of all roles share')
  if (get('clickhouseCluster').value !== undefined && clickhouseUrl === undefined)
    throw wrong(get('clickhouseCluster'), 'it needs CLICKHOUSE_URL')
  const config: CollectorConfig = {
    host: get('host').value ?? '',
    port: readPort(get('port')),
    otlpHttpPort: readPort(get('otlpHttpPort')),
    otlpGrpcPort: readPort(get('otlpGrpcPort')),
    dataDir: get('dataDir').value ?? '',
    retentionDays: readDays(get('retentionDays')),
    spoolMaxBytes: readMegabytes(get('spoolMaxMb')) * 1024 ** 2,
    alertWebhook: readUrl(get('alertWebhook')),
    clickhouseUrl: readUrl(get('clickhouseUrl')),
    clickhouseCluster: get('clickhouseCluster').value,
    roles,
    disabledRules: readRules(get('disabledRules')),
    adminToken: readToken(get('adminToken'), get('adminTokenFile')),
    allowedHosts: readHosts(get('allowedHosts')),
  }
  refuseSharedPorts(get)
  return { config, settings, printConfig: switches.has('print-config'), json: switches.has('json'), help: switches.has('help') }
}

function refuseSharedPorts(get: (option: OptionName) => Setting): void {
  const seen = new Set<number>([0])
  for (const option of ['port', 'otlpHttpPort', 'otlpGrpcPort'] as const) {
    const port = readPort(get(option))
    if (seen.has(port) && port !== 0) throw wrong(get(option), 'dashboard, OTLP over HTTP and OTLP over gRPC need a port each')
    seen.add(port)
  }
}

/** One line an option for `--help`. */
export const optionsHelp = (): string =>
  NAMES.map((name) => {
    const { flag, env, fallback, help } = OPTION_LIST[name]
    const names = [flag && `--${flag}`, env].filter(Boolean).join(', ')
    return `  ${names.padEnd(42)} ${help}${fallback ? ` (${fallback})` : ''}`
  }).join('\n')

/** For `--print-config`: values that may hold a password are shown without it. */
export const shownSettings = (settings: Setting[]): Record<string, { value: string | null; from: string }> =>
  Object.fromEntries(
    settings.map(({ option, value, from }) => [option, { value: value === undefined ? null : shown(option, value), from }]),
  )

function readFlags(args: string[]): { flags: Map<string, string>; switches: Set<string> } {
  const options: Record<string, { type: 'string' | 'boolean' }> = {
    'print-config': { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  }
  for (const name of NAMES) {
    const { flag } = OPTION_LIST[name]
    if (flag !== undefined) options[flag] = { type: 'string' }
  }
  const { values } = parseFlags(args, options)
  const flags = new Map<string, string>()
  const switches = new Set<string>()
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') flags.set(name, value)
    else if (value === true) switches.add(name)
  }
  return { flags, switches }
}

/** parseArgs with our own error. */
export function parseFlags(args: string[], options: Record<string, { type: 'string' | 'boolean' }>, allowPositionals = false) {
  try {
    return parseArgs({ args, options, allowPositionals, strict: true })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new SeamtraceError('usage', `cannot read arguments: ${message.charAt(0).toLowerCase()}${message.slice(1)}`, { cause: error })
  }
}

// An empty variable is an unset one: compose files and shells write `X=` for "nothing".
function settle(option: OptionName, flags: ReadonlyMap<string, string>, env: Record<string, string | undefined>): Setting {
  const { flag, env: variable, fallback } = OPTION_LIST[option]
  const given = flag === undefined ? undefined : flags.get(flag)
  if (given === '')
    throw new SeamtraceError('usage', `cannot use an empty --${flag}: leave it out, or name a value`, { parameters: [option] })
  if (given !== undefined) return { option, value: given, from: `--${flag}` }
  const inherited = variable === undefined ? undefined : env[variable]
  if (inherited) return { option, value: inherited, from: variable ?? '' }
  return { option, value: fallback, from: 'default' }
}

function readPort(setting: Setting): number {
  const port = Number(setting.value)
  if (!/^\d{1,5}$/.test(setting.value ?? '') || port > 65_535) throw wrong(setting, 'a port is a number from 0 to 65535')
  return port
}

/** From 256 MiB on: the rows of the largest body must fit beside blocks that are kept. */
function readMegabytes(setting: Setting): number {
  const value = Number(setting.value)
  if (!/^\d{1,8}$/.test(setting.value ?? '') || value < 256) throw wrong(setting, 'give a whole number of MiB from 256 on')
  return value
}

function readDays(setting: Setting): number {
  const days = Number(setting.value)
  if (!/^\d{1,4}$/.test(setting.value ?? '') || days < 1) throw wrong(setting, 'give a whole number of days from 1 to 9999')
  return days
}

function readUrl(setting: Setting): string | undefined {
  if (setting.value === undefined) return undefined
  if (!/^https?:$/.test(URL.parse(setting.value)?.protocol ?? ''))
    throw wrong(setting, 'write an address that begins with http:// or https://')
  return setting.value
}

const listOf = (setting: Setting): string[] =>
  (setting.value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)

function readRules(setting: Setting): string[] {
  const names = listOf(setting)
  const unknown = names.find((name) => !RULES.has(name))
  if (unknown !== undefined) throw wrong(setting, `there is no rule ${JSON.stringify(unknown)}; the rules are ${[...RULES].join(', ')}`)
  return names
}

function readRoles(setting: Setting): Role[] {
  const names = (setting.value ?? '').split(',').map((name) => name.trim())
  const unknown = names.find((name) => name !== 'all' && !ROLES.some((role) => role === name))
  if (unknown !== undefined) throw wrong(setting, `the roles are all, ${ROLES.join(', ')}`)
  return ROLES.filter((role) => names.includes('all') || names.includes(role))
}

function readHosts(setting: Setting): string[] {
  const hosts = listOf(setting)
  const bad = hosts.find((host) => !/^[a-z0-9._-]+$|^\[?[0-9a-f:.]+\]?$/i.test(host))
  if (bad !== undefined) throw wrong(setting, `${JSON.stringify(bad)} is no host: write names or addresses without scheme and port`)
  return hosts
}

const MIN_TOKEN_LENGTH = 16
// As in access/credential.ts, and what a header can carry.
const TOKEN = /^[\x21-\x7e]{0,512}$/

function readToken(token: Setting, file: Setting): string | undefined {
  if (token.value !== undefined && file.value !== undefined) throw wrong(file, `${token.from} is set too: set one of them`)
  const given = file.value === undefined ? token : { ...token, value: textOf(file), from: `the file of ${file.from}` }
  if (given.value === undefined) return undefined
  if (given.value.length < MIN_TOKEN_LENGTH)
    throw wrong(given, `a token has ${MIN_TOKEN_LENGTH} characters or more; openssl rand -hex 32 makes one`)
  if (!TOKEN.test(given.value)) throw wrong(given, 'a token has at most 512 characters, letters, digits and signs of ASCII, and no spaces')
  return given.value
}

function textOf(file: Setting): string {
  try {
    return readFileSync(file.value ?? '', 'utf8').trim()
  } catch (error) {
    throw wrong(file, `cannot read it: ${messageOf(error)}`)
  }
}

const wrong = ({ option, value, from }: Setting, why: string): SeamtraceError =>
  new SeamtraceError('usage', `cannot use ${JSON.stringify(value === undefined ? '' : shown(option, value))} from ${from}: ${why}`, {
    parameters: [option],
  })

function shown(option: OptionName, value: string): string {
  const { secret } = OPTION_LIST[option]
  if (secret === undefined) return value
  if (secret === 'all') return '…'
  const url = URL.parse(value)
  return url ? `${url.protocol}//${url.host}/…` : '…'
}
