// One rule: its state, the reason in words, the window against the baseline, the seam to blame.
import type { AlertRuleStatus, AlertVerdict, BlamedSeam } from '@seamtrace/schema'
import { Link } from 'react-router'
import { formatAgo, formatPoints, plural, shortId } from '../../lib/format.ts'
import { failedRunsHref, hrefOf, runHref } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { AlertBadge } from '../../ui/alert-badge.tsx'
import { RateFootnote, RatePlot, RateText } from '../../ui/rate.tsx'
import { reasonWithoutBlame } from './verdict-words.ts'

const minutes = (count: number): string =>
  count % 1440 === 0 ? plural(count / 1440, 'day') : count % 60 === 0 ? plural(count / 60, 'hour') : plural(count, 'minute')

const axisFrom = ({ window, baseline }: AlertVerdict): number => {
  const lowest = Math.min(window.n ? window.low : 1, baseline.n ? baseline.low : 1)
  return Math.max(0, Math.floor((lowest - 0.05) * 10) / 10)
}

const Comparison = ({ status }: { status: AlertRuleStatus }) => {
  const { verdict, rule, state } = status
  const from = axisFrom(verdict)
  const rows = [
    { label: `last ${minutes(rule.windowMinutes)}`, rate: verdict.window, color: state === 'firing' ? 'var(--fail)' : 'var(--accent)' },
    { label: `baseline, ${minutes(rule.baselineMinutes)}`, rate: verdict.baseline, color: 'var(--idle)' },
  ]
  return (
    <div className="grid grid-cols-[auto_4.6rem_minmax(4rem,1fr)] content-start items-center gap-x-3">
      {rows.map(({ label, rate, color }) => (
        <div key={label} className="contents">
          <span className="text-sm text-ink-3">{label}</span>
          <RateText rate={rate} className="text-right font-semibold whitespace-nowrap" />
          <div title={`axis from ${Math.round(from * 100)} % to 100 %`}>
            <RatePlot rate={rate} from={from} color={color} />
          </div>
          <span />
          <span className="col-span-2 -mt-1 mb-1 text-right text-[0.8rem] text-ink-3">
            <RateFootnote rate={rate} />
          </span>
        </div>
      ))}
    </div>
  )
}

const BlamedSeamLine = ({ seam, pipeline }: { seam: BlamedSeam; pipeline: string }) => {
  const [since] = useRange()
  return (
    <p className="text-ink-2">
      Most is lost at{' '}
      <Link
        to={failedRunsHref(since, { pipeline, seam: seam.seam, seamKind: seam.kind })}
        className="font-mono text-[0.95em] text-ink underline decoration-fail decoration-2 underline-offset-3 hover:bg-fail-soft"
      >
        {seam.seam}
      </Link>
      {` (${seam.failureKind}): ${plural(seam.chargedRuns, 'run')}, ${formatPoints(seam.shareIncrease)} of all.`}
      {seam.message && (
        <span className="mt-0.5 block truncate font-mono text-[0.9em] text-ink-3" title={seam.message}>
          {seam.message}
        </span>
      )}
    </p>
  )
}

export const AlertRule = ({ status }: { status: AlertRuleStatus }) => {
  const [since] = useRange()
  const { verdict, rule } = status
  return (
    <li className="grid gap-x-10 gap-y-3 border-b border-line py-4 lg:grid-cols-[minmax(11rem,15rem)_minmax(0,1fr)_minmax(18rem,26rem)]">
      <div>
        <Link to={hrefOf('/', since, { pipeline: status.pipeline })} className="text-[1.07rem] font-semibold hover:underline">
          {status.pipeline}
        </Link>
        <p className="mt-0.5 flex items-baseline gap-2">
          <AlertBadge state={status.state} />
          <span className="text-sm text-ink-3">since {formatAgo(status.since)}</span>
        </p>
      </div>
      <div className="min-w-0 space-y-1.5">
        <p className={status.state === 'firing' ? 'text-[1.07rem]' : 'text-ink-2'}>{reasonWithoutBlame(verdict)}</p>
        {verdict.seam && <BlamedSeamLine seam={verdict.seam} pipeline={status.pipeline} />}
        {verdict.exampleRunIds.length > 0 && (
          <p className="text-sm text-ink-3">
            Example runs:{' '}
            {verdict.exampleRunIds.slice(0, 3).map((runId) => (
              <Link key={runId} to={runHref(since, runId)} className="mr-2.5 font-mono text-accent hover:underline">
                {shortId(runId)}
              </Link>
            ))}
          </p>
        )}
        <p className="text-sm text-ink-3">
          {status.name}: {Math.round(rule.minDrop * 100)} points or more, outside chance (z above {rule.z}), from {rule.minRuns} runs on.
          Looked {formatAgo(status.evaluatedAt)}.
        </p>
      </div>
      <Comparison status={status} />
    </li>
  )
}
