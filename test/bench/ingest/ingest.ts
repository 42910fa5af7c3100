// `npm run bench -- ingest`: what the collector takes in, how fast it is there to be asked, and what that costs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { saveSection } from '../document.ts'
import { surroundings } from '../surroundings.ts'
import { type Measurement, measureCollector, measureTarget } from './measure-ingest.ts'
import { type BenchOptions, HELP, readOptions } from './options.ts'
import { linesOf, sectionOf, tableOf } from './report.ts'
import { createRequests } from './requests.ts'

export const runIngestBench = async (args: string[]): Promise<void> => {
  const options = readOptions(args)
  if (!options) return void process.stdout.write(HELP)
  if (options.write !== undefined) return writeRequests(options, options.write)
  const load = loadavg()[0] ?? 0
  if (load > 1) console.error(`others keep this machine busy (load ${load.toFixed(1)}): rates say little now, seconds of CPU more`)
  // exit hooks end what was started and remove what was written
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  const measurements: Measurement[] = []
  for (const profile of options.profiles) {
    const { target } = options
    const measurement = target === undefined ? await measureCollector(profile, options) : await measureTarget(profile, options, target)
    measurements.push(measurement)
    console.error(tableOf(`${profile}, ${target ?? options.engine}`, linesOf(measurement)))
    if (options.save) save(options, measurement, load)
  }
  if (options.json) console.log(JSON.stringify({ ...surroundings(), load, options, measurements }, null, 2))
}

/** Files that any OTLP/HTTP server takes as they are, ever the same for the same options. */
const writeRequests = (options: BenchOptions, folder: string): void => {
  const firstMs = Date.UTC(2026, 0, 5, 9)
  mkdirSync(folder, { recursive: true })
  for (const profile of options.profiles) {
    const requests = createRequests({ ...options, profile })
    for (let number = 0; number < options.requests; number++) {
      const name = `${profile}-${String(number).padStart(6, '0')}.otlp.pb`
      writeFileSync(join(folder, name), requests.at(number, firstMs + number * 10).body)
    }
  }
}

const CONTENT = { lean: 'without content', io: 'with what went in and came out' }

const save = ({ engine, seconds, rate, connections }: BenchOptions, measurement: Measurement, load: number): void => {
  const { machine, node, commit, date } = surroundings()
  const pace = rate > 0 ? `${rate} spans/s` : 'as fast as accepted'
  const conditions = `Written by \`npm run bench -- ingest --save\`. ${machine}, Node ${node}, commit ${commit}, ${date}; ${seconds} s, ${pace}, ${connections} connections, whole runs in each request; the load generator shares the machine, whose load was ${load.toFixed(1)} before.`
  const title = `Ingest: spans ${CONTENT[measurement.profile]}, ${engine === 'chdb' ? 'embedded engine' : 'ClickHouse server'}`
  saveSection(`ingest-${measurement.profile}-${engine}`, sectionOf(title, conditions, linesOf(measurement)))
}
