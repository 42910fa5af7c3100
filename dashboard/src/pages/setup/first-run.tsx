// What the overview shows until the first run: the lines to send one, and a counter that flips by itself.
import { Link } from 'react-router'
import { formatCount } from '../../lib/format.ts'
import { hrefOf } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { useApi } from '../../lib/use-api.ts'
import { SendLines } from './send-lines.tsx'

/** What has come so far, so that silence can be told from "wrong window" and from "not analyzed yet". */
const Progress = () => {
  const ingest = useApi('ingest')
  const [since] = useRange()
  if (!ingest.data) return null
  const { acceptedSpans, storedRuns, pendingTraces, refused } = ingest.data
  if (storedRuns > 0) {
    return (
      <>
        {formatCount(storedRuns)} runs are stored, but none ended in the last {since}: choose a longer range.
      </>
    )
  }
  return (
    <>
      {acceptedSpans === 0
        ? 'Nothing received yet.'
        : `${formatCount(acceptedSpans)} spans received, ${pendingTraces} traces being analyzed.`}
      {refused.length > 0 && (
        <>
          {' '}
          Some requests were refused:{' '}
          <Link className="text-accent underline" to={hrefOf('/setup', since)}>
            see why
          </Link>
          .
        </>
      )}
    </>
  )
}

export const FirstRun = () => (
  <div className="mx-auto max-w-3xl py-8">
    <h2 className="text-[1.86rem] leading-tight font-semibold tracking-[-0.02em]">Send the first run</h2>
    <p className="mt-2 text-[1.07rem] text-ink-2">
      Seamtrace shows where agent pipelines lose reliability: at which seam, why, and what it costs. This page turns into the overview as
      soon as a run arrives.
    </p>
    <p role="status" className="mt-4 mb-7 flex items-center gap-2.5 rounded-md bg-sunken px-3 py-2">
      <span className="live-dot size-2 shrink-0 rounded-full bg-accent" aria-hidden="true" />
      <span>
        Listening for OTLP over HTTP. <Progress />
      </span>
    </p>
    <SendLines />
  </div>
)
