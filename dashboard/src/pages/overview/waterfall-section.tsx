// The gap waterfall with its toggle, its labels (real links on the chart's grid), its legend and its table.
import { type GapReport, LAYERS } from '@seamtrace/schema'
import { lazy, Suspense } from 'react'
import { Link, useNavigate } from 'react-router'
import { plotSize } from '../../charts/plot-size.ts'
import { modelRate, residualInWords, type WaterfallRow, waterfallRows } from '../../charts/waterfall-rows.ts'
import { formatCount, formatPercent, formatRate, MIN_RUNS_FOR_RATE, plural } from '../../lib/format.ts'
import { failedRunsHref, hrefOf, type Range } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { useMedia } from '../../lib/use-media.ts'
import { GapName, LayerName } from '../../ui/glyphs.tsx'
import { PlainTable, Section, Segmented } from '../../ui/section.tsx'
import { EmptyState, Skeleton } from '../../ui/states.tsx'

const GapWaterfall = lazy(() => import('../../charts/gap-waterfall.tsx').then((chart) => ({ default: chart.GapWaterfall })))

export type Mode = GapReport['mode']
const MODES = [
  { value: 'final', label: 'Final', title: 'failed runs, after retries and fallbacks' },
  { value: 'first_try', label: 'First try', title: 'also runs that were rescued, charged to their first loss' },
] as const

/** The runs behind a bar. First-try losses were rescued in the end, so that mode opens the recovered runs. */
const rowHref = (row: WaterfallRow, report: GapReport, version: string, since: Range): string => {
  const scope = { pipeline: report.pipeline, version }
  if (row.kind === 'observed') return hrefOf('/runs', since, { ...scope, outcome: 'success' })
  if (row.kind === 'unattributed') return failedRunsHref(since, { ...scope, attributed: 'false' })
  if (report.mode === 'first_try') return hrefOf('/runs', since, { ...scope, outcome: 'success', recovered: 'true' })
  return failedRunsHref(since, { ...scope, step: row.label })
}

/** Step names may be long: they may break after each separator. */
const breakable = (name: string): string => name.replaceAll(/([_\-./])/g, '$1\u200b')

const BarLabel = ({ row, report, href, lying }: { row: WaterfallRow; report: GapReport; href: string; lying: boolean }) => (
  <Link
    to={href}
    data-testid="waterfall-label"
    className={`flex min-w-0 rounded-md leading-tight ${lying ? 'items-baseline justify-between self-start px-2 hover:underline' : 'flex-col items-center px-0.5 py-1 text-center hover:bg-hover'}`}
  >
    <span
      className={`line-clamp-2 max-w-full bg-bg/80 font-mono text-[0.82rem] break-words ${row.kind === 'step' ? 'text-ink' : 'text-ink-2'}`}
      title={row.label}
    >
      {breakable(row.label)}
    </span>
    <span className="mt-0.5 text-[0.8rem] text-ink-3">
      {lying && row.kind === 'observed' && (
        <strong className="mr-1.5 text-[1rem] font-semibold text-ink">{formatRate(report.observed)}</strong>
      )}
      {row.bar
        ? formatRate(report.mode === 'final' ? row.bar.final : row.bar.firstTry)
        : row.kind === 'observed'
          ? `n ${formatCount(report.n)}`
          : plural(row.runs, 'run')}
    </span>
  </Link>
)

const Legend = ({ report }: { report: GapReport }) => {
  const layers = LAYERS.filter((layer) => report.bars.some((bar) => bar.layer === layer))
  const unit = report.n < MIN_RUNS_FOR_RATE ? 'runs lost' : 'points lost'
  return (
    <p className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-3">
      <span>Color: where.</span>
      {layers.map((layer) => (
        <LayerName key={layer} layer={layer} />
      ))}
      <span className="ml-1">Shape: why.</span>
      {(['state', 'control', 'error', 'tool'] as const).map((gap) => (
        <GapName key={gap} gap={gap} />
      ))}
      <span className="ml-1">Number: {unit}.</span>
    </p>
  )
}

const tableRows = (rows: readonly WaterfallRow[], report: GapReport) =>
  rows.map((row) => {
    const lost = row.kind === 'observed' ? null : row.runs
    const cells = [
      row.label,
      row.layer && <LayerName key="layer" layer={row.layer} />,
      lost === null ? '' : formatCount(lost),
      lost === null ? '' : formatPercent(lost / report.n),
      row.gap && <GapName key="gap" gap={row.gap} />,
      `${formatCount(Math.round(row.range[1] * report.n))} of ${formatCount(report.n)}`,
    ]
    return { key: row.key, cells }
  })

const Body = ({ report, version }: { report: GapReport; version: string }) => {
  const [since] = useRange()
  const navigate = useNavigate()
  const size = plotSize()
  const lying = useMedia('(max-width: 40rem)')
  const rows = waterfallRows(report)
  if (rows.length === 0)
    return <EmptyState title="No finished runs in this window">Choose a longer range, or wait for the first run to end.</EmptyState>
  const labels = rows.map((row) => (
    <BarLabel key={row.key} row={row} report={report} href={rowHref(row, report, version, since)} lying={lying} />
  ))
  return (
    <>
      <div className="thin-scroll relative overflow-x-auto">
        <div style={{ minWidth: lying ? 0 : rows.length * 72 + size.left + size.right }}>
          <Suspense fallback={<Skeleton className="h-[330px]" />}>
            <GapWaterfall report={report} lying={lying} onOpen={(row) => navigate(rowHref(row, report, version, since))} />
          </Suspense>
          {lying ? (
            <div className="absolute inset-x-0 top-0 grid" style={{ gridTemplateRows: `repeat(${rows.length}, ${size.row}px)` }}>
              {labels}
            </div>
          ) : (
            <div
              className="grid"
              style={{ gridTemplateColumns: `repeat(${rows.length}, minmax(0, 1fr))`, paddingLeft: size.left, paddingRight: size.right }}
            >
              {labels}
            </div>
          )}
        </div>
      </div>
      {modelRate(report) !== null && (
        <p className="mt-2 flex items-center gap-2 text-sm text-ink-2">
          <svg width="26" height="2" aria-hidden="true">
            <path d="M0 1h26" stroke="var(--ink-2)" strokeWidth="1.4" strokeDasharray="5 4" />
          </svg>
          {residualInWords(report)}
        </p>
      )}
      <Legend report={report} />
      <PlainTable
        summary="View as table"
        head={['step', 'layer', 'runs lost', 'share', 'main gap', 'still standing before']}
        rows={tableRows(rows, report)}
      />
    </>
  )
}

type Props = { report: GapReport; version: string; mode: Mode; setMode: (mode: Mode) => void; stale: boolean }

export const WaterfallSection = ({ report, version, mode, setMode, stale }: Props) => (
  <Section
    title="Where 100 % goes"
    note={`${formatCount(report.n)} finished runs${version ? `, version ${version}` : ''}; ${mode === 'final' ? 'each failed one is charged to exactly one seam' : 'rescued ones count at their first loss'}`}
    actions={<Segmented label="count" value={mode} options={MODES} onChange={setMode} />}
  >
    <div className={stale ? 'opacity-50 transition-opacity' : 'transition-opacity'}>
      <Body report={report} version={version} />
    </div>
  </Section>
)
