// `seamtrace up`: runs the collector until it is told to stop.
import { resolve } from 'node:path'
import { startCollector, urlOf } from '../collector.ts'
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
  const dashboard = urlOf(config.host, collector.ports.api)
  const otlp = urlOf(config.host, collector.ports.otlpHttp)
  const grpc = urlOf(config.host, collector.ports.otlpGrpc)
  const data = config.clickhouseUrl === undefined ? resolve(config.dataDir) : 'ClickHouse server'
  io.out(
    json
      ? `${JSON.stringify({ version: VERSION, dashboard, otlp, otlpGrpc: grpc, data, engine: collector.engine })}\n`
      : banner(dashboard, otlp, grpc, `${data} (${collector.engine})`),
  )
  await stopped
  await collector.close()
  return EXIT.ok
}

const banner = (dashboard: string, otlp: string, grpc: string, data: string): string => `
  Seamtrace ${VERSION}

  Dashboard   ${dashboard}
  OTLP/HTTP   ${otlp}   (protobuf or JSON)
  OTLP/gRPC   ${grpc}
  Data        ${data}

  Send traces: OTEL_EXPORTER_OTLP_ENDPOINT=${otlp}
  Stop with Ctrl-C.

`
