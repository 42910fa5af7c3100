// `npm run bench`: the benchmark named by the first argument, or the one of everything.
import { SeamtraceError } from '@seamtrace/schema'

const USAGE_EXIT = 3

const [name, ...args] = process.argv.slice(2)

const refuse = (message: string): void => {
  console.error(message)
  process.exitCode = USAGE_EXIT
}

if (name === undefined) await import('./bench.ts')
else if (name === 'ingest') {
  const { runIngestBench } = await import('./ingest/ingest.ts')
  await runIngestBench(args).catch((error: unknown) => {
    if (!(error instanceof SeamtraceError) || error.code !== 'usage') throw error
    refuse(error.message)
  })
} else refuse(`cannot run the benchmark ${JSON.stringify(name)}: there is "ingest", or none for all the others`)
