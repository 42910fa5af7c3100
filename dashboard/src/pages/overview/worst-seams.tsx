// The seams that lose most, with cause, newest message, cost and examples.
import type { SeamSummary } from '@seamtrace/schema'
import { Link } from 'react-router'
import { dominantGap } from '../../charts/waterfall-rows.ts'
import { formatCount, formatPercent, formatUsd, MIN_RUNS_FOR_RATE, shortId } from '../../lib/format.ts'
import { failedRunsHref, runHref } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { GapGlyph, LayerDot, layerColor } from '../../ui/glyphs.tsx'
import { Section } from '../../ui/section.tsx'

const Head = ({ children, right = false }: { children: string; right?: boolean }) => (
  <th
    scope="col"
    className={`border-b border-line pb-1.5 text-sm font-normal whitespace-nowrap text-ink-3 ${right ? 'pl-4 text-right' : 'pr-4 text-left'}`}
  >
    {children}
  </th>
)

const ShareBar = ({ seam, most, n }: { seam: SeamSummary; most: number; n: number }) => (
  <div className="flex items-center gap-2.5">
    <span className="w-8 text-right text-[1.07rem] font-semibold">{formatCount(seam.chargedRuns)}</span>
    <div className="h-1.5 w-20 rounded-full bg-sunken max-md:w-12">
      <div className="h-full rounded-full" style={{ width: `${(seam.chargedRuns / most) * 100}%`, background: layerColor(seam.layer) }} />
    </div>
    <span className="w-14 text-ink-3">{n < MIN_RUNS_FOR_RATE ? `of ${n}` : formatPercent(seam.share)}</span>
  </div>
)

const Row = ({ seam, most, n, version }: { seam: SeamSummary; most: number; n: number; version: string | null }) => {
  const [since] = useRange()
  const gap = dominantGap(seam.gaps) ?? 'unclassified'
  const cell = 'align-middle max-md:py-0.5 md:border-b md:border-line md:py-2'
  const wideOnly = `${cell} max-md:hidden`
  return (
    <tr className="hover:bg-hover/60 max-md:grid max-md:grid-cols-[auto_minmax(0,1fr)] max-md:border-b max-md:border-line max-md:py-2">
      <td className={`${cell} max-w-[22rem] pr-4 max-md:col-span-2 max-md:max-w-full`}>
        <Link
          to={failedRunsHref(since, { pipeline: seam.pipeline, version, seam: seam.seam, seamKind: seam.kind })}
          className="flex min-w-0 items-center gap-2 hover:underline"
          title={`${seam.seam} (${seam.kind} seam, ${seam.layer} layer)`}
        >
          <LayerDot layer={seam.layer} />
          <span className="truncate font-mono text-[0.95em]">{seam.seam}</span>
          <span className="rounded bg-sunken px-1.5 text-sm text-ink-2">{seam.kind}</span>
        </Link>
      </td>
      <td className={`${cell} pr-4`}>
        <ShareBar seam={seam} most={most} n={n} />
      </td>
      <td className={`${cell} pr-4 whitespace-nowrap`}>
        <GapGlyph gap={gap} /> {seam.topKind}
      </td>
      <td className={`${cell} truncate pr-4 text-ink-2 max-md:col-span-2 md:w-full md:max-w-0 md:min-w-40`} title={seam.topMessage}>
        {seam.topMessage || <span className="text-ink-3">no message</span>}
      </td>
      <td className={`${wideOnly} pl-4 text-right`}>{formatUsd(seam.wastedUsd)}</td>
      <td className={`${wideOnly} pl-4 text-right`} title="operations that failed first and succeeded in the end">
        {formatCount(seam.recovered)}
      </td>
      <td className={`${wideOnly} pl-4 text-right whitespace-nowrap`} title="verdicts that are certain, not inferred">
        {seam.chargedRuns === 0 ? '–' : `${seam.certainRuns}/${seam.chargedRuns}`}
      </td>
      <td className={`${wideOnly} pl-6 whitespace-nowrap`}>
        {seam.exampleRunIds.slice(0, 2).map((runId) => (
          <Link key={runId} to={runHref(since, runId)} className="mr-3 font-mono text-[0.9em] text-accent hover:underline">
            {shortId(runId)}
          </Link>
        ))}
      </td>
    </tr>
  )
}

export const WorstSeams = ({ seams, n, version }: { seams: readonly SeamSummary[]; n: number; version: string | null }) => {
  const charged = seams.filter((seam) => seam.chargedRuns > 0)
  const most = Math.max(1, ...charged.map((seam) => seam.chargedRuns))
  return (
    <Section title="Worst seams" note="runs charged to the boundary where they broke">
      {charged.length === 0 ? (
        <p className="py-6 text-ink-2">No seam lost a run in this window.</p>
      ) : (
        <div className="thin-scroll overflow-x-auto">
          <table className="w-full border-collapse max-md:block md:min-w-[62rem]">
            <thead className="max-md:hidden">
              <tr>
                <Head>seam</Head>
                <Head>charged runs</Head>
                <Head>main kind</Head>
                <Head>newest message</Head>
                <Head right>wasted</Head>
                <Head right>recovered</Head>
                <Head right>certain</Head>
                <th scope="col" className="border-b border-line pb-1.5 pl-6 text-left text-sm font-normal text-ink-3">
                  examples
                </th>
              </tr>
            </thead>
            <tbody className="max-md:block">
              {charged.slice(0, 12).map((seam) => (
                <Row key={`${seam.seam} ${seam.kind}`} seam={seam} most={most} n={n} version={version} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}
