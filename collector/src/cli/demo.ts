// `seamtrace demo`: the collector with five example pipelines that fill its last 48 hours and then go on.
import { resolve } from 'node:path'
import { startCollector, urlOf } from '../collector.ts'
import { ask, type Server } from './ask.ts'
import type { Parsed } from './config.ts'
import { type Api, hasHistory, openApi } from './demo-answers.ts'
import { checkDemo, verdictText } from './demo-check.ts'
import { prepareDataFolder } from './demo-data.ts'
import { startFleet } from './demo-fleet.ts'
import { DEMO_HELP, type DemoOptions, readDemoOptions } from './demo-options.ts'
import { progressOn } from './demo-progress.ts'
import { type Command, EXIT, type Io } from './io.ts'
import { createLog } from './log.ts'
import { untilSignal } from './until-signal.ts'
import { VERSION } from './version.ts'

export const run: Command = async (args, io) => {
  const { demo, server } = readDemoOptions(args, io.env)
  if (server.help) {
    io.out(DEMO_HELP)
    return EXIT.ok
  }
  return demo.check ? check(demo, server, io) : show(demo, server, io)
}

const check = async (demo: DemoOptions, { config, json }: Parsed, io: Io): Promise<number> => {
  const verdict = await checkDemo(demo, config.disabledRules, io.err)
  io.out(json ? `${JSON.stringify(verdict)}\n` : verdictText(verdict))
  return verdict.ok ? EXIT.ok : EXIT.error
}

const show = async (demo: DemoOptions, { config, json }: Parsed, io: Io): Promise<number> => {
  const stopped = untilSignal(() => io.err('\nstopping (again to end at once)\n'))
  if (config.clickhouseUrl === undefined) prepareDataFolder(config.dataDir, demo.keep)
  const log = createLog(io.err)
  log.level = 'warn'
  const collector = await startCollector(config, log, VERSION)
  const dashboard = urlOf(config.host, collector.ports.api)
  const otlp = urlOf(config.host, collector.ports.otlpHttp)
  const otlpGrpc = urlOf(config.host, collector.ports.otlpGrpc)
  const data = config.clickhouseUrl === undefined ? resolve(config.dataDir) : 'ClickHouse server'
  io.out(
    json ? `${JSON.stringify({ version: VERSION, dashboard, otlp, otlpGrpc, data, engine: collector.engine })}\n` : banner(dashboard, data),
  )
  try {
    await withKey({ url: dashboard, key: config.adminToken }, (key) =>
      runFleet(demo, { api: openApi(dashboard, config.adminToken), otlp, key }, stopped, io.err),
    )
  } finally {
    await collector.close()
  }
  return EXIT.ok
}

/** Where there is an admin token the programs need a key; it ends with them. */
const withKey = async (server: Server, work: (key: string | undefined) => Promise<void>): Promise<void> => {
  if (server.key === undefined) return work(undefined)
  const { id, key } = await ask(server, 'createKey', { body: { role: 'ingest', name: 'demo' } })
  try {
    await work(key)
  } finally {
    await ask(server, 'revokeKey', { params: { id } })
  }
}

/** Until the signal; programs that end before it are an error. */
const runFleet = async (
  demo: DemoOptions,
  { api, otlp, key }: { api: Api; otlp: string; key: string | undefined },
  stopped: Promise<'stopped'>,
  err: (text: string) => void,
): Promise<void> => {
  const { runs, seed, faults } = demo
  const fill = !(demo.keep && (await hasHistory(api)))
  const fleet = startFleet(
    { endpoint: otlp, key, runs, seed, faults, fill, trickle: true },
    progressOn({ isTTY: process.stderr.isTTY, write: err }),
  )
  try {
    const first = await Promise.race([fleet.filled, stopped])
    if (first !== 'stopped') err('history is filled; from now on a run every few seconds\n')
    await Promise.race([stopped, fleet.ended])
  } finally {
    await fleet.stop()
  }
}

const banner = (dashboard: string, data: string): string => `
  Seamtrace ${VERSION}, demo: five example pipelines, their faults injected

  Dashboard   ${dashboard}
  Data        ${data}

  Stop with Ctrl-C.

`
