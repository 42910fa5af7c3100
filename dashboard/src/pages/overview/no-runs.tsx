// Says that what the address asks for has no runs here, and where there are some: never another pipeline in its place.
import type { PipelineSummary } from '@seamtrace/schema'
import { Link } from 'react-router'
import { formatAgo } from '../../lib/format.ts'
import { hrefOf, RANGES } from '../../lib/links.ts'
import { NO_VERSION, useRange } from '../../lib/url-state.ts'
import { useApi } from '../../lib/use-api.ts'
import { WiderRanges } from '../../ui/wider-ranges.tsx'

const LONGEST = RANGES[RANGES.length - 1] ?? '30d'
const LINK = 'text-accent underline underline-offset-3'

type Props = { pipeline: string; version: string | null; pipelines: readonly PipelineSummary[] }

export const NoRuns = ({ pipeline, version, pipelines }: Props) => {
  const [since] = useRange()
  const ever = useApi('pipelines', { query: { since: LONGEST, pipeline, version } }, { enabled: since !== LONGEST, keep: false })
  const last = ever.data?.items.find((item) => item.pipeline === pipeline)
  return (
    <div data-testid="no-runs" className="space-y-2 py-6">
      <h2 className="text-[1.43rem] leading-tight font-medium tracking-[-0.015em] break-words">
        No finished runs of <span className="font-mono text-[0.92em]">{pipeline}</span>
        {version !== null && (
          <>
            {', '}version <span className="font-mono text-[0.92em]">{version || NO_VERSION}</span>,
          </>
        )}{' '}
        in the last {since}
      </h2>
      <p className="text-ink-2">
        {last && `Its newest run ended ${formatAgo(last.lastRunAt)}. `}
        {ever.isSuccess && !last ? (
          `None in the last ${LONGEST} either: is the name right?`
        ) : (
          <WiderRanges agoMs={last ? Date.now() - Date.parse(last.lastRunAt) : 0} />
        )}
      </p>
      <p className="text-ink-2">
        {version !== null && (
          <>
            <Link className={LINK} to={hrefOf('/', since, { pipeline })}>
              All versions of {pipeline}
            </Link>
            {' · '}
          </>
        )}
        {pipelines.length > 0 ? (
          `Below are the pipelines that have runs in the last ${since}.`
        ) : (
          <>
            No other pipeline has runs in the last {since}.{' '}
            <Link className={LINK} to={hrefOf('/setup', since)}>
              See what arrived
            </Link>
          </>
        )}
      </p>
    </div>
  )
}
