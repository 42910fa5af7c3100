// `npm run bench`: the benchmark named by the first argument, or the one of everything.
const [name, ...args] = process.argv.slice(2)

if (name === undefined) await import('./bench.ts')
else if (name === 'ingest') await (await import('./ingest/ingest.ts')).runIngestBench(args)
else {
  console.error(`cannot run benchmark ${name}: there is "ingest", or none for everything else`)
  process.exitCode = 3
}
