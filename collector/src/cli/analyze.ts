// `seamtrace analyze FILE…`: the runs of OTLP files, without a server and without storing anything.
import { type Run, SeamtraceError } from '@seamtrace/schema'
import { analyze } from '../analyze/analyze.ts'
import { recognize } from '../recognize/recognize.ts'
import { recognizeLog } from '../recognize/recognize-log.ts'
import { parseFlags } from './config.ts'
import { type Command, EXIT } from './io.ts'
import { readOtlpFile } from './read-otlp-file.ts'
import { runText } from './run-text.ts'
import { formatUsd } from './table.ts'

const HELP = `seamtrace analyze FILE…: print the runs in OTLP files, with the steps, calls and attempts of each; no server is asked, nothing is stored

  FILE      traces or logs, JSON, JSON lines or protobuf, one request or many, gzipped or not: the content tells. Files are taken
            together: a run may be spread over several, and log records tell of the spans they point at

  --json    the runs as one JSON document, in the shape of /api/v1/runs/:id

Examples:
  seamtrace analyze trace.otlp.json
  seamtrace analyze run.otlp run.logs.otlp
  seamtrace analyze --json captures/*.otlp.pb.gz | jq '.runs[].story'
`

const sumOf = (runs: readonly Run[]): string => {
  const outcomes = [...Map.groupBy(runs, ({ outcome }) => outcome)].map(([outcome, some]) => `${some.length} ${outcome}`)
  const sum = (of: (run: Run) => number): number => runs.reduce((all, run) => all + of(run), 0)
  const unpriced = sum(({ unpricedCalls }) => unpricedCalls)
  return `${runs.length} runs: ${outcomes.join(', ')}; ${formatUsd(sum(({ costUsd }) => costUsd))} spent, ${formatUsd(sum(({ wastedUsd }) => wastedUsd))} of it wasted${unpriced > 0 ? `, ${unpriced} calls unpriced` : ''}`
}

export const run: Command = async (args, io) => {
  const { values, positionals } = parseFlags(args, { json: { type: 'boolean' }, help: { type: 'boolean' } }, true)
  if (values.help) {
    io.out(HELP)
    return EXIT.ok
  }
  if (positionals.length === 0) throw new SeamtraceError('usage', 'cannot analyze nothing: name one or more OTLP files')

  const decoded = positionals.map(readOtlpFile)
  for (const { reason, count, sample } of decoded.flatMap((part) => part.rejected))
    io.err(`left out ${count} records: ${reason} (${sample})\n`)
  const spans = decoded.flatMap((part) => part.spans).map((span) => recognize(span))
  const logs = decoded.flatMap((part) => part.logs).flatMap((log) => recognizeLog(log) ?? [])
  const runs = analyze(spans, { nowUnixNano: BigInt(Date.now()) * 1_000_000n, logs }).map((analyzed) => analyzed.run)

  io.out(values.json ? `${JSON.stringify({ runs }, null, 2)}\n` : runs.map(runText).join('\n'))
  if (runs.length > 1 && !values.json) io.out(`\n${sumOf(runs)}\n`)
  if (runs.length > 0) return EXIT.ok
  const records = decoded.reduce((sum, part) => sum + part.logs.length, 0)
  io.err(
    records > 0 ? `found no spans, and ${records} log records that tell of spans in other files: name those too\n` : 'found no spans\n',
  )
  return EXIT.nothing
}
