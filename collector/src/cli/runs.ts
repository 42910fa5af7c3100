// `seamtrace runs`: the newest runs of a running server.
import type { Command } from './io.ts'
import { list } from './list.ts'
import { formatDuration, formatUsd } from './table.ts'

const HELP = `seamtrace runs: list runs, the newest first

Examples:
  seamtrace runs --pipeline support-refund --outcome failure --since 2h
  seamtrace runs --layer execution --gap tool --json
`

export const run: Command = (args, io) =>
  list(
    {
      endpoint: 'runs',
      help: HELP,
      head: ['started', 'pipeline', 'version', 'outcome', 'duration', 'cost', 'failed at', 'run'],
      row: (item) => [
        item.startTime,
        item.pipeline,
        item.version,
        item.outcome + (item.recovered ? ' *' : ''),
        formatDuration(item.durationMs),
        formatUsd(item.costUsd),
        item.attributedTo ? `${item.attributedTo.seam} ${item.attributedTo.kind}` : '',
        item.runId,
      ],
    },
    args,
    io,
  )
