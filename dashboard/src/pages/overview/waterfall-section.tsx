// The gap waterfall with its toggle, its labels (real links on the chart's grid), its legend and its table.
import { type GapReport, LAYERS } from '@seamtrace/schema'
import { type CSSProperties, lazy, type ReactNode, Suspense } from 'react'
import { Link, useNavigate } from 'react-router'
import { type Layout, layoutOf, plotSize } from '../../charts/plot-size.ts'
import { axisFloor, isOutside, modelRate, residualInWords, type WaterfallRow, waterfallRows } from '../../charts/waterfall-rows.ts'
import { formatCount, formatPercent, formatRate, MIN_RUNS_FOR_RATE, plural } from '../../lib/format.ts'
import { failedRunsHref, hrefOf, type Range } from '../../lib/links.ts'
import { px } from '../../lib/px.ts'
import { type MODES, NO_VERSION, useRange } from '../../lib/url-state.ts'
import { useWidth } from '../../lib/use-width.ts'
import { GapName, LayerName } from '../../ui/glyphs.tsx'
import { PlainTable, Section, Segmented } from '../../ui/section.tsx'
import { EmptyState, Skeleton } from '../../ui/states.tsx'
import { WiderRanges } from '../../ui/wider-ranges.tsx'

const GapWaterfall = lazy(() => import('../../charts/gap-waterfall.tsx').then((chart) => ({ default: chart.GapWaterfall })))

export type Mode = (typeof MODES)[number]
const MODE_OPTIONS = [
  { value: 'final', label: 'Final', title: 'failed runs, after retries and fallbacks' },
  { value: 'first_try', label: 'First try', title: 'also runs that were rescued, charged to their first loss' },
] as const

/** The runs behind a bar. First-try losses were rescued in the end, so that mode opens the recovered runs. */
const rowHref = (row: WaterfallRow, report: GapReport, version: string | null, since: Range): string => {
  const scope = { pipeline: report.pipeline, version }
  if (row.kind === 'observed') return hrefOf('/runs', since, { ...scope, outcome: 'success' })
  if (row.kind === 'unattributed') return failedRunsHref(since, { ...scope, attributed: 'false' })
  if (report.mode === 'first_try') return hrefOf('/runs', since, { ...scope, outcome: 'success', recovered: 'true' })
  return failedRunsHref(since, { ...scope, step: row.bar?.step ?? row.label })
}

/** Step names may be long: they may break after each separator. */
const breakable = (name: string): string => name.replaceAll(/([_\-./])/g, '$1\u200b')

/** Of the step's own operations: a step that ends well can still hand on what loses the run. */
const ownRate = ({ mode }: GapReport, { bar }: WaterfallRow): string =>
  bar && bar.reached > 0 ? `own ${formatRate(mode === 'final' ? bar.final : bar.firstTry)}` : ''

const secondLine = (row: WaterfallRow, report: GapReport): string => {
  if (row.kind === 'observed') return `n ${formatCount(report.n)}`
  return row.bar ? ownRate(report, row) : plural(row.runs, 'run')
}

const LABEL_LOOK: Record<Layout, string> = {
  upright: 'flex-col items-center px-0.5 py-1 text-center hover:bg-hover',
  above: 'items-baseline justify-between self-start px-2 hover:underline',
  beside: 'items-center justify-between self-stretch px-2 hover:bg-hover',
}

const NAME_LOOK: Record<Layout, string> = {
  upright: 'line-clamp-3 text-[0.82rem] break-words group-data-tight/labels:text-[0.72rem]',
  above: 'line-clamp-2 bg-bg/80 text-[0.82rem] break-words',
  beside: 'truncate text-[0.82rem]',
}

type LabelProps = { row: WaterfallRow; report: GapReport; href: string; layout: Layout }

const BarLabel = ({ row, report, href, layout }: LabelProps) => (
  <Link to={href} data-testid="waterfall-label" className={`flex min-w-0 gap-x-2 rounded-md leading-tight ${LABEL_LOOK[layout]}`}>
    <span
      className={`max-w-full min-w-0 ${NAME_LOOK[layout]} ${row.kind === 'step' ? 'text-ink' : 'text-ink-2'} ${row.bar && !isOutside(row.bar) ? 'font-mono' : ''}`}
      title={row.label}
    >
      {layout === 'beside' ? row.label : breakable(row.label)}
    </span>
    <span
      className={`text-[0.8rem] text-ink-3 ${layout === 'upright' ? 'mt-0.5 group-data-tight/labels:text-[0.72rem]' : 'bg-bg/80 whitespace-nowrap'}`}
    >
      {row.kind === 'observed' && (
        <strong className={`text-[1.07rem] font-semibold whitespace-nowrap text-ink ${layout === 'upright' ? 'block' : 'mr-1.5'}`}>
          {formatRate(report.observed)}
        </strong>
      )}
      {secondLine(row, report)}
    </span>
  </Link>
)

/** An axis that starts higher up makes small losses look large: it has to say so. */
const AxisNote = ({ report, className, style }: { report: GapReport; className: string; style?: CSSProperties }) => {
  const floor = axisFloor(report)
  return floor === 0 ? null : (
    <span className={`text-[0.8rem] leading-tight text-ink-3 ${className}`} style={style} title="the axis does not start at 0">
      <span className="whitespace-nowrap">axis from</span>{' '}
      <span className="whitespace-nowrap">{formatPercent(floor).replace('.0', '')}</span>
    </span>
  )
}

/** The labels on the grid of the chart: below its columns, or on its rows. */
type LabelsProps = { report: GapReport; layout: Layout; width: number; labels: ReactNode[] }

const Labels = ({ report, layout, width, labels }: LabelsProps) => {
  const size = plotSize(layout, labels.length)
  if (layout === 'upright')
    return (
      <div
        className="group/labels grid"
        data-tight={width < px(80) * labels.length || undefined}
        style={{ gridTemplateColumns: `${size.left}px repeat(${labels.length}, minmax(0, 1fr))`, paddingRight: size.right }}
      >
        <AxisNote report={report} className="-mt-1 -ml-4 pr-1.5 text-right" />
        {labels}
      </div>
    )
  return (
    <div
      className={`absolute top-0 left-0 grid ${layout === 'above' ? 'w-full' : ''}`}
      style={{
        gridTemplateRows: `${size.axis}px repeat(${labels.length}, ${size.row}px)`,
        ...(layout === 'beside' ? { width: size.left - px(8) } : {}),
      }}
    >
      {layout === 'beside' ? <AxisNote report={report} className="self-center justify-self-end px-2" /> : <span />}
      {labels}
    </div>
  )
}

const Legend = ({ report }: { report: GapReport }) => {
  const layers = LAYERS.filter((layer) => report.bars.some((bar) => bar.layer === layer))
  const unit = report.n < MIN_RUNS_FOR_RATE ? 'runs' : 'points of all runs'
  return (
    <p className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-3">
      <span>Color: where.</span>
      {layers.map((layer) => (
        <LayerName key={layer} layer={layer} />
      ))}
      <span>Shape: why.</span>
      {(['state', 'control', 'error', 'tool'] as const).map((gap) => (
        <GapName key={gap} gap={gap} />
      ))}
      <span>Number: {unit} lost.</span>
      <span>own: the step's own operations that ended well, whatever became of the run.</span>
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

const Chart = ({ report, version, width }: { report: GapReport; version: string | null; width: number }) => {
  const navigate = useNavigate()
  const [since] = useRange()
  const rows = waterfallRows(report)
  const layout = layoutOf(rows.length, width, px(100) / 100)
  const hrefTo = (row: WaterfallRow): string => rowHref(row, report, version, since)
  return (
    <>
      {layout === 'above' && <AxisNote report={report} className="mb-0.5 block" />}
      <div className="relative" data-testid="waterfall" data-layout={layout}>
        <Suspense fallback={<Skeleton className="h-[330px]" />}>
          <GapWaterfall report={report} layout={layout} onOpen={(row) => void navigate(hrefTo(row))} />
        </Suspense>
        <Labels
          report={report}
          layout={layout}
          width={width}
          labels={rows.map((row) => <BarLabel key={row.key} row={row} report={report} href={hrefTo(row)} layout={layout} />)}
        />
      </div>
      <ModelText report={report} />
      <Legend report={report} />
      <PlainTable
        summary="View as table"
        head={['step', 'layer', 'runs lost', 'share', 'main gap', 'still standing before']}
        rows={tableRows(rows, report)}
      />
    </>
  )
}

const ModelText = ({ report }: { report: GapReport }) =>
  modelRate(report) === null ? null : (
    <p className="mt-2 flex items-baseline gap-2 text-sm text-ink-2">
      <svg width="26" height="9" className="shrink-0" aria-hidden="true">
        <path d="M0 4h26" stroke="var(--ink-2)" strokeWidth="1.4" strokeDasharray="5 4" />
      </svg>
      <span className="text-pretty">{residualInWords(report)}</span>
    </p>
  )

const Body = ({ report, version }: { report: GapReport; version: string | null }) => {
  const [box, width] = useWidth<HTMLDivElement>()
  return (
    <div ref={box}>
      {report.n === 0 ? (
        <EmptyState title="No finished runs in this window">
          <WiderRanges />
        </EmptyState>
      ) : (
        width > 0 && <Chart report={report} version={version} width={width} />
      )}
    </div>
  )
}

type Props = { report: GapReport; version: string | null; mode: Mode; setMode: (mode: Mode) => void; stale: boolean }

export const WaterfallSection = ({ report, version, mode, setMode, stale }: Props) => (
  <Section
    title="Where 100 % goes"
    note={`${formatCount(report.n)} finished runs${version === null ? '' : `, version ${version || NO_VERSION}`}; ${mode === 'final' ? 'each failed one is charged to exactly one seam' : 'rescued ones count at their first loss'}`}
    actions={<Segmented label="count" value={mode} options={MODE_OPTIONS} onChange={setMode} />}
  >
    <div className={stale ? 'opacity-50 transition-opacity' : 'transition-opacity'}>
      <Body report={report} version={version} />
    </div>
  </Section>
)
