// `seamtrace analyze FILE…`: the runs of OTLP files, without a server and without storing anything.
import { SeamtraceError } from '@seamtrace/schema'
import { analyze } from '../analyze/analyze.ts'
import { recognize } from '../recognize/recognize.ts'
import { recognizeLog } from '../recognize/recognize-log.ts'
import { parseFlags } from './config.ts'
import { type Command, EXIT } from './io.ts'
import { readOtlpFile } from './read-otlp-file.ts'
import { runText } from './run-text.ts'

const HELP = `seamtrace analyze FILE…: print the runs in OTLP files (JSON, JSON lines or protobuf, gzipped or not)

  --json    the runs as one JSON document, in the shape of /api/v1/runs/:id

Examples:
  seamtrace analyze trace.otlp.json
  seamtrace analyze --json captures/*.otlp.pb.gz | jq '.runs[].story'
`

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
  if (runs.length > 0) return EXIT.ok
  io.err('found no spans\n')
  return EXIT.nothing
}
