// The heat map of failed runs: layers (where) by gaps (why), every cell a link to its runs.
import { LAYER_MEANING, LAYERS, type Layer, type LayerGrid } from '@seamtrace/schema'
import type { KeyboardEvent } from 'react'
import { Link } from 'react-router'
import { formatPercent, plural } from '../../lib/format.ts'
import { failedRunsHref, type LinkParams } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { ALL_GAPS, GapGlyph, type GapOrNone, LayerName } from '../../ui/glyphs.tsx'
import { Section } from '../../ui/section.tsx'

const runsAt = (grid: LayerGrid, layer: Layer, gap: GapOrNone): number =>
  gap === 'unclassified'
    ? (grid.unclassified.find((cell) => cell.layer === layer)?.runs ?? 0)
    : (grid.cells.find((cell) => cell.layer === layer && cell.gap === gap)?.runs ?? 0)

/** Arrow keys walk through the cells that can be focused. */
const walk = (event: KeyboardEvent<HTMLFieldSetElement>) => {
  const columns = ALL_GAPS.length
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key]
  if (step === undefined) return
  const cells = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-cell]')]
  const at = cells.findIndex((cell) => cell.matches(':focus'))
  if (at < 0) return
  event.preventDefault()
  cells[at + step]?.focus()
}

type CellProps = { layer: Layer; gap: GapOrNone; runs: number; failures: number; href: string }

const Cell = ({ layer, gap, runs, failures, href }: CellProps) => {
  const share = failures === 0 ? 0 : runs / failures
  // From 15 % so that one run is seen, to 80 % so that the number stays readable.
  const strength = runs === 0 ? 0 : 15 + 65 * share
  return (
    <Link
      to={href}
      data-cell
      aria-label={`${layer}, ${gap}: ${plural(runs, 'failed run')}, ${formatPercent(share)} of all failures`}
      title={`${layer} × ${gap}: ${runs} of ${plural(failures, 'failed run')}`}
      className={`flex h-11 items-center justify-center rounded-[5px] text-[1.07rem] transition-shadow hover:shadow-[inset_0_0_0_2px_var(--ink-3)] ${runs === 0 ? 'text-ink-3/60' : 'font-semibold text-ink'}`}
      style={{
        background: runs === 0 ? 'var(--sunken)' : `color-mix(in oklab, var(--fail) ${strength}%, var(--surface))`,
        ...(strength > 45 ? { color: 'var(--on-fail)' } : {}),
      }}
    >
      {runs === 0 ? '·' : runs}
    </Link>
  )
}

const NotInstrumented = ({ layer }: { layer: Layer }) => (
  <div
    className="hatched col-span-5 flex h-11 items-center justify-center rounded-[5px] border border-dashed border-line text-sm text-ink-3"
    title={`No operation of this layer was recorded (${LAYER_MEANING[layer]}). Set seamtrace.layer on a step, or name it so.`}
  >
    <span className="rounded bg-bg px-1.5">not instrumented</span>
  </div>
)

const LayerRow = ({ grid, layer, scope }: { grid: LayerGrid; layer: Layer; scope: LinkParams }) => {
  const [since] = useRange()
  const operations = grid.operations.find((entry) => entry.layer === layer)?.operations ?? 0
  const counts = ALL_GAPS.map((gap) => ({ gap, runs: runsAt(grid, layer, gap) }))
  const total = counts.reduce((sum, { runs }) => sum + runs, 0)
  return (
    <>
      <div className="min-w-0 truncate pr-1" title={LAYER_MEANING[layer]}>
        <LayerName layer={layer} />
      </div>
      {operations === 0 && total === 0 ? (
        <NotInstrumented layer={layer} />
      ) : (
        counts.map(({ gap, runs }) => (
          <Cell
            key={gap}
            layer={layer}
            gap={gap}
            runs={runs}
            failures={grid.failures}
            href={failedRunsHref(since, { ...scope, layer, gap })}
          />
        ))
      )}
      <div className="text-right text-ink-2">{total || <span className="text-ink-3">0</span>}</div>
    </>
  )
}

export const LayerGridSection = ({ grid, scope }: { grid: LayerGrid; scope: LinkParams }) => {
  const [since] = useRange()
  return (
    <Section title="Where and why" note={`${plural(grid.failures, 'failed run')} of ${grid.n}`}>
      <fieldset
        onKeyDown={walk}
        aria-label="failed runs by layer and gap"
        className="grid grid-cols-[minmax(7.2rem,1.5fr)_repeat(5,minmax(1.8rem,1fr))_1.7rem] items-center gap-1 max-[24rem]:grid-cols-[5.9rem_repeat(5,minmax(1.8rem,1fr))_1.4rem]"
      >
        <div />
        {ALL_GAPS.map((gap) => (
          <div key={gap} className="flex flex-col items-center gap-1 self-start pb-0.5 text-[0.8rem] text-ink-2" title={`gap: ${gap}`}>
            <GapGlyph gap={gap} className="size-3.5!" />
            <span className="text-center leading-none hyphens-manual max-[24rem]:text-[0.69rem]">
              {gap === 'unclassified' ? 'unclas\u00adsified' : gap}
            </span>
          </div>
        ))}
        <div className="self-end text-right text-sm text-ink-3">all</div>
        {LAYERS.map((layer) => (
          <LayerRow key={layer} grid={grid} layer={layer} scope={scope} />
        ))}
      </fieldset>
      <p className="mt-2.5 text-sm text-ink-3">
        <Link
          to={failedRunsHref(since, { ...scope, attributed: 'false' })}
          className="underline decoration-line-strong underline-offset-3 hover:text-ink"
        >
          {plural(grid.unattributed, 'run')} unattributed
        </Link>
        {'. Stronger color: a larger part of all failures. Click a cell for its runs.'}
      </p>
    </Section>
  )
}
