// The facts of a run in one calm row, and the seam it is charged to.
import type { Liveness, Run } from '@seamtrace/schema'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { formatAgo, formatCount, formatTime, formatUsd, plural } from '../../lib/format.ts'
import { failedRunsHref, hrefOf, runHref } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { useNow } from '../../lib/use-now.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { GapName, LayerName } from '../../ui/glyphs.tsx'
import { RunDuration } from '../../ui/run-duration.tsx'

const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="min-w-0">
    <dt className="text-sm text-ink-3">{label}</dt>
    <dd className="truncate font-medium">{children}</dd>
  </div>
)

/** Where a run is that goes on, or where it was when it was last heard of. */
const LiveFacts = ({ liveness, lost }: { liveness: Liveness; lost: boolean }) => {
  const now = useNow()
  return (
    <>
      {liveness.step && (
        <Fact label={lost ? 'was at' : 'now at'}>
          <span className="font-mono">{liveness.step}</span>
        </Fact>
      )}
      {liveness.stalledSince && (
        <Fact label="nothing since">
          <time dateTime={liveness.stalledSince} className="text-wait">
            {formatAgo(liveness.stalledSince, now)}
          </time>
        </Fact>
      )}
      <Fact label="last heard of">
        <time dateTime={liveness.heardAt}>{formatAgo(liveness.heardAt, now)}</time>
      </Fact>
    </>
  )
}

export const RunFacts = ({ run }: { run: Run }) => {
  const [since] = useRange()
  const link = 'hover:underline'
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3">
      <Fact label="pipeline">
        <Link className={link} to={hrefOf('/', since, { pipeline: run.pipeline })}>
          {run.pipeline}
        </Link>
        {run.version && <span className="ml-1.5 font-mono font-normal text-ink-3">{run.version}</span>}
      </Fact>
      <Fact label="started">
        <time dateTime={run.startTime}>{formatTime(run.startTime)}</time>
      </Fact>
      <Fact label="duration">
        <RunDuration run={run} />
      </Fact>
      {run.liveness && <LiveFacts liveness={run.liveness} lost={run.outcome === 'unknown'} />}
      <Fact label="cost">
        {formatUsd(run.costUsd)}
        {run.unpricedCalls > 0 && <span className="font-normal text-wait"> + {plural(run.unpricedCalls, 'unpriced call')}</span>}
      </Fact>
      <Fact label="wasted">
        <span className={run.wastedUsd > 0 ? 'text-fail' : ''}>{formatUsd(run.wastedUsd)}</span>
      </Fact>
      <Fact label="tokens">
        {formatCount(run.inputTokens)} <span className="font-normal text-ink-3">in</span> {formatCount(run.outputTokens)}{' '}
        <span className="font-normal text-ink-3">out</span>
      </Fact>
      {run.sessionId && (
        <Fact label="session">
          <Link className={`${link} font-mono`} to={hrefOf('/runs', since, { session: run.sessionId })}>
            {run.sessionId}
          </Link>
        </Fact>
      )}
      {run.retryOf && (
        <Fact label="retry of">
          <Link className={`${link} font-mono`} to={runHref(since, run.retryOf)}>
            {run.retryOf}
          </Link>
        </Fact>
      )}
      {run.environment !== 'default' && <Fact label="environment">{run.environment}</Fact>}
      <Fact label="run id">
        <span className="inline-flex items-center gap-1">
          <span className="max-w-44 truncate font-mono font-normal">{run.runId}</span>
          <CopyButton text={run.runId} label="copy run id" />
        </span>
      </Fact>
    </dl>
  )
}

/** Where, why, by which rule, and how sure: with the way to all runs that failed there. */
export const ChargedSeam = ({ run }: { run: Run }) => {
  const [since] = useRange()
  const charged = run.attributedTo
  if (!charged)
    return run.outcome === 'failure' ? <p className="text-ink-2">Unattributed: no rule could charge this failure to a seam.</p> : null
  return (
    <p className="flex flex-wrap items-center gap-x-4 gap-y-1 rounded-md bg-fail-soft px-3 py-2">
      <span>
        Charged to{' '}
        <Link
          to={failedRunsHref(since, { pipeline: run.pipeline, seam: charged.seam, seamKind: charged.seamKind })}
          className="font-mono font-semibold underline decoration-fail decoration-2 underline-offset-3"
        >
          {charged.seam}
        </Link>
      </span>
      <span>{charged.seamKind} seam</span>
      <LayerName layer={charged.layer} />
      <GapName gap={charged.gap ?? 'unclassified'} />
      <span>{charged.kind}</span>
      <span className="text-ink-2">
        {charged.certain ? 'certain' : 'inferred'}, by rule <span className="font-mono">{charged.rule}</span>
      </span>
    </p>
  )
}
