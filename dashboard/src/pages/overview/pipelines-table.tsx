// All pipelines, the neediest first.
import type { PipelineSummary } from '@seamtrace/schema'
import { Link } from 'react-router'
import { formatAgo, formatCount, formatDuration, formatPercent, formatPoints, formatUsd } from '../../lib/format.ts'
import { hrefOf } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { AlertBadge } from '../../ui/alert-badge.tsx'
import { RatePlot, RateText } from '../../ui/rate.tsx'
import { Section } from '../../ui/section.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { byNeed } from './choose-pipeline.ts'

const COLUMNS = [
  'pipeline',
  'alert',
  'final',
  '',
  'first try',
  'change',
  'finished',
  'traffic',
  'median',
  'cost',
  'wasted',
  'last run',
] as const
const RIGHT: ReadonlySet<string> = new Set(['final', 'first try', 'change', 'finished', 'median', 'cost', 'wasted', 'last run'])

const Row = ({ summary, active }: { summary: PipelineSummary; active: boolean }) => {
  const [since] = useRange()
  const { final, previous } = summary
  const change = final.rate === null || previous.rate === null ? '–' : formatPoints(final.rate - previous.rate)
  const cell = 'border-b border-line py-1.5 pr-4 whitespace-nowrap'
  return (
    <tr className={active ? 'bg-accent-soft/50' : 'hover:bg-hover/60'}>
      <td className={`${cell} font-medium`}>
        <Link
          to={hrefOf('/', since, { pipeline: summary.pipeline })}
          aria-current={active ? 'true' : undefined}
          className="block max-w-[22rem] truncate hover:underline"
          title={summary.pipeline}
        >
          {summary.pipeline}
        </Link>
      </td>
      <td className={cell}>
        <AlertBadge state={summary.alert} />
      </td>
      <td className={`${cell} text-right font-semibold`}>
        <RateText rate={final} />
      </td>
      <td className={`${cell} w-32 min-w-24`}>
        <RatePlot rate={final} from={0.5} />
      </td>
      <td className={`${cell} text-right text-ink-2`}>
        <RateText rate={summary.firstTry} />
      </td>
      <td className={`${cell} text-right text-ink-2`}>{change}</td>
      <td className={`${cell} text-right`}>{formatCount(final.n)}</td>
      <td className={cell}>
        <Sparkline trend={summary.trend} height={20} />
      </td>
      <td className={`${cell} text-right text-ink-2`}>{formatDuration(summary.p50DurationMs)}</td>
      <td className={`${cell} text-right`}>{formatUsd(summary.costUsd)}</td>
      <td
        className={`${cell} text-right`}
        title={summary.costUsd > 0 ? `${formatPercent(summary.wastedUsd / summary.costUsd)} of the cost` : ''}
      >
        {formatUsd(summary.wastedUsd)}
      </td>
      <td className="border-b border-line py-1.5 text-right whitespace-nowrap text-ink-3">{formatAgo(summary.lastRunAt)}</td>
    </tr>
  )
}

export const PipelinesTable = ({ pipelines, active }: { pipelines: readonly PipelineSummary[]; active: string }) => {
  const [since] = useRange()
  return (
    <Section title="All pipelines" note={`last ${since}, change against the ${since} before; whiskers on an axis from 50 %`}>
      <div className="thin-scroll overflow-x-auto">
        <table className="w-full border-collapse">
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <th
                  key={column}
                  scope="col"
                  className={`border-b border-line pr-4 pb-1.5 text-sm font-normal whitespace-nowrap text-ink-3 last:pr-0 ${RIGHT.has(column) ? 'text-right' : 'text-left'}`}
                >
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {byNeed(pipelines).map((summary) => (
              <Row key={summary.pipeline} summary={summary} active={summary.pipeline === active} />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}
