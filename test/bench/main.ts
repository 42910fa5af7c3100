// `npm run bench`: the benchmark named by the first argument, or the one of everything.
import { SeamtraceError } from '@seamtrace/schema'

const USAGE_EXIT = 3

const [name, ...args] = process.argv.slice(2)

const refuse = (message: string): void => {
  console.error(message)
  process.exitCode = USAGE_EXIT
}

const BENCHMARKS: Record<string, () => Promise<void>> = {
  ingest: async () => (await import('./ingest/ingest.ts')).runIngestBench(args),
  sdk: async () => (await import('./sdk/sdk.ts')).runSdkBench(args),
  analyze: async () => (await import('./analyze/analyze.ts')).runAnalyzeBench(args),
}

const benchmark = BENCHMARKS[name ?? '']
if (name === undefined) await import('./bench.ts')
else if (benchmark) {
  await benchmark().catch((error: unknown) => {
    if (!(error instanceof SeamtraceError) || error.code !== 'usage') throw error
    refuse(error.message)
  })
} else
  refuse(`cannot run the benchmark ${JSON.stringify(name)}: there are ${Object.keys(BENCHMARKS).join(', ')}, or none for all the others`)
