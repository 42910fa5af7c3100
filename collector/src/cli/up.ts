// `seamtrace up`: runs the collector until it is told to stop.
import { resolve } from 'node:path'
import { startCollector, urlOf } from '../collector.ts'
import { ROLES, type Role } from '../roles.ts'
import { optionsHelp, readConfig, shownSettings } from './config.ts'
import { type Command, EXIT } from './io.ts'
import { createLog } from './log.ts'
import { formatTable } from './table.ts'
import { untilSignal } from './until-signal.ts'
import { VERSION } from './version.ts'

const HELP = `seamtrace up: receive OTLP traces, find the seams where reliability leaks, show them

Options (flag, environment, default):
${optionsHelp()}
  --print-config                             show every value and where it came from, and end
  --json                                     print the addresses as one line of JSON

Examples:
  seamtrace
  seamtrace up --port 8080 --data /var/lib/seamtrace
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 node my-agent.js
`

export const run: Command = async (args, io) => {
  const { config, settings, printConfig, json, help } = readConfig(args, io.env)
  if (help) {
    io.out(HELP)
    return EXIT.ok
  }
  if (printConfig) {
    const values = shownSettings(settings)
    const rows = Object.entries(values).map(([option, { value, from }]) => [option, value ?? '(none)', from])
    io.out(json ? `${JSON.stringify(values)}\n` : formatTable(['option', 'value', 'from'], rows))
    return EXIT.ok
  }
  const stopped = untilSignal(() => io.err('stopping: storing what was received (again to end at once)\n'))
  const collector = await startCollector(config, createLog(io.err), VERSION)
  const { ports, engine } = collector
  const addressOf = (port: number): string | null => (port === 0 ? null : urlOf(config.host, port))
  const addresses = {
    dashboard: urlOf(config.host, ports.api),
    otlp: addressOf(ports.otlpHttp),
    otlpGrpc: addressOf(ports.otlpGrpc),
    data: config.clickhouseUrl === undefined ? resolve(config.dataDir) : 'ClickHouse server',
  }
  io.out(json ? `${JSON.stringify({ version: VERSION, ...addresses, engine })}\n` : banner(addresses, config.roles ?? ROLES, engine))
  await stopped
  await collector.close()
  return EXIT.ok
}

type Addresses = { dashboard: string; otlp: string | null; otlpGrpc: string | null; data: string }

const banner = ({ dashboard, otlp, otlpGrpc, data }: Addresses, roles: readonly Role[], engine: string): string => `
  Seamtrace ${VERSION}

  ${roles.includes('query') ? `Dashboard   ${dashboard}` : `Probes      ${dashboard}/readyz`}
${otlp ? `  OTLP/HTTP   ${otlp}   (protobuf or JSON)\n  OTLP/gRPC   ${otlpGrpc}\n` : ''}  Data        ${data} (${engine})
${roles.length < ROLES.length ? `  Roles       ${roles.join(', ')}\n` : ''}
${otlp ? `  Send traces: OTEL_EXPORTER_OTLP_ENDPOINT=${otlp}\n` : ''}  Stop with Ctrl-C.

`
