// The row of key figures of one pipeline.
import type { PipelineSummary } from '@seamtrace/schema'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { formatCount, formatDuration, formatPercent, formatUsd, plural } from '../../lib/format.ts'
import { hrefOf } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { AlertBadge } from '../../ui/alert-badge.tsx'
import { RateDelta, RateFootnote, RateText } from '../../ui/rate.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'

const Figure = ({ label, value, children }: { label: string; value: ReactNode; children?: ReactNode }) => (
  <div className="min-w-0 border-line py-1 sm:border-l sm:pl-4 sm:first:border-l-0 sm:first:pl-0 sm:max-xl:nth-[3n+1]:border-l-0 sm:max-xl:nth-[3n+1]:pl-0">
    <dt className="text-sm text-ink-3">{label}</dt>
    <dd className="mt-0.5 text-[1.43rem] leading-tight font-semibold tracking-[-0.015em]">{value}</dd>
    <dd className="mt-1 text-sm text-ink-3">{children}</dd>
  </div>
)

const unfinishedText = ({ outcomes }: PipelineSummary): string => {
  const parts = (['running', 'waiting', 'cancelled', 'unknown'] as const).filter((name) => outcomes[name] > 0)
  return parts.length === 0 ? 'all finished' : parts.map((name) => `${outcomes[name]} ${name}`).join(' · ')
}

const totalRuns = ({ outcomes }: PipelineSummary): number => Object.values(outcomes).reduce((sum, count) => sum + count, 0)

const pricedText = ({ costUsd, unpricedCalls }: PipelineSummary): string => {
  if (unpricedCalls > 0) return `+ ${plural(unpricedCalls, 'unpriced call')}`
  return costUsd === 0 ? 'no model calls' : 'every call priced'
}

/** @param version of which the summary is; null for all of them */
export const Figures = ({ summary, version }: { summary: PipelineSummary; version: string | null }) => {
  const [since] = useRange()
  const { costUsd, wastedUsd } = summary
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-4 border-y border-line py-3 sm:grid-cols-3 xl:grid-cols-[1.25fr_1.1fr_1.3fr_1fr_1fr_0.9fr]">
      <Figure label="Final success" value={<RateText rate={summary.final} />}>
        <RateDelta now={summary.final} before={summary.previous} label={`previous ${since}`} />
      </Figure>
      <Figure label="First-try success" value={<RateText rate={summary.firstTry} />}>
        <RateFootnote rate={summary.firstTry} />
      </Figure>
      <Figure
        label="Runs"
        value={
          <span className="flex items-end gap-3">
            <Link to={hrefOf('/runs', since, { pipeline: summary.pipeline, version })} className="hover:underline">
              {formatCount(totalRuns(summary))}
            </Link>
            <Sparkline trend={summary.trend} />
          </span>
        }
      >
        {unfinishedText(summary)}
      </Figure>
      <Figure label="Cost" value={formatUsd(costUsd)}>
        {pricedText(summary)}
      </Figure>
      <Figure label="Wasted" value={<span className={wastedUsd > 0 ? 'text-fail' : ''}>{formatUsd(wastedUsd)}</span>}>
        {costUsd > 0 ? `${formatPercent(wastedUsd / costUsd)} of the cost` : 'nothing spent'}
      </Figure>
      <Figure
        label="Alert"
        value={
          <Link to={hrefOf('/alerts', since)} className="hover:underline">
            <AlertBadge state={summary.alert} />
          </Link>
        }
      >
        median run {formatDuration(summary.p50DurationMs)}
      </Figure>
    </dl>
  )
}
