// One run in the list: one line where there is room, a small block where there is not; all of it is the link.
import type { RunSummary } from '@seamtrace/schema'
import { Link } from 'react-router'
import { formatAgo, formatTime, formatUsd } from '../../lib/format.ts'
import { type Range, runHref } from '../../lib/links.ts'
import { GapGlyph, LayerDot } from '../../ui/glyphs.tsx'
import { OutcomeBadge } from '../../ui/outcome.tsx'
import { RunDuration } from '../../ui/run-duration.tsx'
import { runMessage } from './run-message.ts'

export const COLUMNS = 'grid-cols-[11.4rem_5.2rem_minmax(8rem,12rem)_minmax(10rem,17rem)_minmax(0,1fr)_4.8rem_3.4rem_5rem_5rem] gap-x-3'

type Props = { run: RunSummary; since: Range; now: number; index: number; top: number; height: number; wide: boolean }

/** Where and why: the seam a failed run is charged to, its kind, its layer and gap. */
const Seam = ({ run, className }: { run: RunSummary; className: string }) => {
  const charged = run.attributedTo
  if (!charged) return null
  const gap = charged.gap ?? 'unclassified'
  return (
    <span className={className} title={`${charged.seam}, ${charged.kind}: ${charged.layer} layer, ${gap} gap`}>
      <span className="flex min-w-0 items-center gap-1.5">
        <LayerDot layer={charged.layer} />
        <span className="truncate font-mono text-[0.9em]">{charged.seam}</span>
      </span>
      <span className="flex items-center gap-1.5 text-sm whitespace-nowrap text-ink-3">
        <GapGlyph gap={gap} />
        {charged.kind.replaceAll('_', ' ')}
      </span>
    </span>
  )
}

const Message = ({ run, href, className }: { run: RunSummary; href: string; className: string }) => (
  <span role="cell" className={className} title={run.story}>
    <Link
      to={href}
      className="outline-offset-0 after:absolute after:inset-0 after:rounded-md focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent"
    >
      {runMessage(run)}
    </Link>
  </span>
)

/** The list is ordered by when runs ended; an open run counts by its last sign of life. */
const endOf = (run: RunSummary): number => new Date(run.startTime).getTime() + run.durationMs
const timesOf = (run: RunSummary): string =>
  `started ${formatTime(run.startTime)}, ${run.liveness ? 'last heard of' : 'ended'} ${formatTime(endOf(run))}`

const costText = (run: RunSummary): string => (run.unpricedCalls > 0 ? `${formatUsd(run.costUsd)}+?` : formatUsd(run.costUsd))

type ViewProps = { run: RunSummary; now: number; href: string }

const Wide = ({ run, now, href }: ViewProps) => (
  <span className={`${COLUMNS} grid h-full items-center border-b border-line`}>
    <span role="cell" className="flex">
      <OutcomeBadge outcome={run.outcome} recovered={run.recovered} liveness={run.liveness} />
    </span>
    <time role="cell" dateTime={run.startTime} title={timesOf(run)} className="text-ink-3">
      {formatAgo(endOf(run), now)}
    </time>
    <span role="cell" className="min-w-0 leading-tight">
      <span className="block truncate" title={run.pipeline}>
        {run.pipeline}
      </span>
      <span className="block truncate font-mono text-[0.86em] text-ink-3">{run.version}</span>
    </span>
    <span role="cell" className="min-w-0 leading-tight">
      <Seam run={run} className="block min-w-0" />
    </span>
    <Message run={run} href={href} className="line-clamp-2 leading-tight break-words text-ink-2" />
    <span role="cell" className="text-right">
      <RunDuration run={run} />
    </span>
    <span role="cell" className={`text-right ${run.retries === 0 ? 'text-ink-3' : ''}`}>
      {run.retries}
    </span>
    <span role="cell" className="text-right" title={run.unpricedCalls > 0 ? `${run.unpricedCalls} calls have no price` : ''}>
      {costText(run)}
    </span>
    <span role="cell" className={`text-right ${run.wastedUsd > 0 ? '' : 'text-ink-3'}`}>
      {run.wastedUsd > 0 ? formatUsd(run.wastedUsd) : '–'}
    </span>
  </span>
)

const Narrow = ({ run, now, href }: ViewProps) => (
  <span className="flex h-full flex-col justify-center gap-0.5 border-b border-line">
    <span className="flex items-center gap-2">
      <OutcomeBadge outcome={run.outcome} recovered={run.recovered} liveness={run.liveness} />
      <Seam run={run} className="flex min-w-0 items-center gap-2 [&>:last-child]:hidden" />
      <span className="ml-auto text-sm whitespace-nowrap text-ink-3">{formatAgo(endOf(run), now)}</span>
    </span>
    <Message run={run} href={href} className="line-clamp-1 break-all text-ink-2" />
    <span className="flex gap-3 text-sm text-ink-3">
      <span className="truncate">{run.pipeline}</span>
      <span className="ml-auto whitespace-nowrap">
        <RunDuration run={run} />
      </span>
      <span className="whitespace-nowrap">{costText(run)}</span>
    </span>
  </span>
)

export const RunRow = ({ run, since, now, index, top, height, wide }: Props) => (
  <div
    role="row"
    aria-rowindex={index + 1}
    data-testid="run-row"
    className="absolute inset-x-0 -mx-2 block rounded-md px-2 hover:bg-hover"
    style={{ height, transform: `translateY(${top}px)` }}
  >
    {wide ? <Wide run={run} now={now} href={runHref(since, run.runId)} /> : <Narrow run={run} now={now} href={runHref(since, run.runId)} />}
  </div>
)
