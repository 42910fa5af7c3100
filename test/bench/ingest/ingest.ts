// `npm run bench -- ingest`: what the collector takes in, how fast it is there to be asked, and what that costs.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { type Measurement, measureCollector, measureTarget } from './measure-ingest.ts'
import { type BenchOptions, HELP, readOptions } from './options.ts'
import { linesOf, tableOf } from './report.ts'
import { createRequests } from './requests.ts'

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

export const runIngestBench = async (args: string[]): Promise<void> => {
  const options = readOptions(args)
  if (!options) return void process.stdout.write(HELP)
  if (options.write !== undefined) return writeRequests(options, options.write)
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const measurements: Measurement[] = []
  for (const profile of options.profiles) {
    const { target } = options
    const measurement = target === undefined ? await measureCollector(profile, options) : await measureTarget(profile, options, target)
    measurements.push(measurement)
    console.error(tableOf(`${profile}, ${target ?? options.engine}`, linesOf(measurement)))
  }
  if (options.json) console.log(JSON.stringify({ machine, commit, at: new Date().toISOString(), options, measurements }, null, 2))
}
