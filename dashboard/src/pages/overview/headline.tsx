// Draws the headline with its links, and the line of qualifications below it.
import type { GapReport, PipelineSummary, SeamSummary } from '@seamtrace/schema'
import { Link } from 'react-router'
import { formatInterval, formatPercent, formatPoints, formatRate, formatUsd, MIN_RUNS_FOR_RATE, plural } from '../../lib/format.ts'
import { failedRunsHref } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { headlineOf } from './headline-of.ts'

const WorstSeam = ({ seam, version }: { seam: SeamSummary; version: string | null }) => {
  const [since] = useRange()
  const href = failedRunsHref(since, { pipeline: seam.pipeline, version, seam: seam.seam, seamKind: seam.kind })
  return (
    <>
      {' Most is lost at '}
      <Link
        to={href}
        className="rounded font-mono text-[0.88em] break-words text-ink underline decoration-fail decoration-2 underline-offset-4 hover:bg-fail-soft"
      >
        {seam.seam}
      </Link>
      {` (${seam.topKind}): ${plural(seam.chargedRuns, 'run')}, ${formatUsd(seam.wastedUsd)} wasted.`}
    </>
  )
}

/** Interval, rescue by retries, and what unknown runs could change. */
const qualifications = (report: GapReport, summary: PipelineSummary): string[] => {
  const { observed, outcomes, worstCaseRate } = report
  const lines: string[] = []
  if (observed.n >= MIN_RUNS_FOR_RATE) lines.push(`95 % interval ${formatInterval(observed)}.`)
  else if (observed.n > 0) lines.push('Too few runs for a rate: counts are shown until 20 have finished.')
  const { final, firstTry } = summary
  if (final.rate !== null && firstTry.rate !== null && final.rate > firstTry.rate && final.n >= MIN_RUNS_FOR_RATE) {
    lines.push(`First try ${formatRate(firstTry)}: retries and fallbacks rescue ${formatPoints(final.rate - firstTry.rate).slice(1)}.`)
  }
  if (outcomes.unknown > 0 && worstCaseRate !== null) {
    lines.push(`${formatPercent(worstCaseRate)} if the ${plural(outcomes.unknown, 'unknown run')} had failed.`)
  }
  return lines
}

type Props = { report: GapReport; seams: readonly SeamSummary[]; summary: PipelineSummary; version: string | null }

export const HeadlineText = ({ report, seams, summary, version }: Props) => {
  const { figure, rest, worst, note } = headlineOf(report, seams)
  return (
    <div className="max-w-[62rem]">
      <p
        data-testid="headline"
        className="text-[1.5rem] leading-[1.32] font-medium tracking-[-0.017em] text-pretty text-ink-2 sm:text-[1.86rem]"
      >
        {figure && <strong className="font-semibold text-ink">{figure} </strong>}
        {rest}
        {worst && <WorstSeam seam={worst} version={version} />}
        {note && ` ${note}`}
      </p>
      <p className="mt-2 text-ink-3">{qualifications(report, summary).join(' ')}</p>
    </div>
  )
}
