// `seamtrace seams`: where the runs of a running server failed.
import type { Command } from './io.ts'
import { list } from './list.ts'
import { formatPercent, formatUsd } from './table.ts'

const HELP = `seamtrace seams: list seams, the one that lost most runs first

Examples:
  seamtrace seams --since 7d
  seamtrace seams --pipeline support-refund --version 2.3.0 --json
`

export const run: Command = (args, io) =>
  list(
    {
      endpoint: 'seams',
      help: HELP,
      head: ['pipeline', 'seam', 'kind', 'layer', 'runs', 'lost', 'share', 'mostly', 'wasted'],
      row: (item) => [
        item.pipeline,
        item.seam,
        item.kind,
        item.layer,
        String(item.runs),
        String(item.chargedRuns),
        formatPercent(item.share),
        item.topKind,
        formatUsd(item.wastedUsd),
      ],
    },
    args,
    io,
  )
