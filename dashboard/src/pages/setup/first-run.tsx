// What the overview shows while there is no run: the lines to send one, and a counter that flips by itself; or where older runs are.
import type { Ingest } from '@seamtrace/schema'
import { Link } from 'react-router'
import { formatCount, plural } from '../../lib/format.ts'
import { hrefOf } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { useApi } from '../../lib/use-api.ts'
import { WiderRanges } from '../../ui/wider-ranges.tsx'
import { SendLines } from './send-lines.tsx'

/** What has come so far, so that silence can be told from "not analyzed yet" and from "refused". */
const Progress = ({ ingest }: { ingest: Ingest }) => {
  const [since] = useRange()
  const { acceptedSpans, pendingTraces, refused } = ingest
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

const TITLE = 'text-[1.86rem] leading-tight font-semibold tracking-[-0.02em]'

const FirstOfAll = ({ ingest }: { ingest: Ingest | undefined }) => (
  <>
    <h2 className={TITLE}>Send the first run</h2>
    <p className="mt-2 text-[1.07rem] text-ink-2">
      Seamtrace shows where agent pipelines lose reliability: at which seam, why, and what it costs. This page turns into the overview as
      soon as a run arrives.
    </p>
    <p role="status" className="mt-4 mb-7 flex items-center gap-2.5 rounded-md bg-sunken px-3 py-2">
      <span className="live-dot size-2 shrink-0 rounded-full bg-accent" aria-hidden="true" />
      <span>Listening for OTLP. {ingest && <Progress ingest={ingest} />}</span>
    </p>
  </>
)

const NoneInRange = ({ storedRuns }: { storedRuns: number }) => {
  const [since] = useRange()
  return (
    <>
      <h2 className={TITLE}>No run ended in the last {since}</h2>
      <p className="mt-2 mb-7 text-[1.07rem] text-ink-2">
        {plural(storedRuns, 'older run')} {storedRuns === 1 ? 'is' : 'are'} stored. <WiderRanges />
      </p>
    </>
  )
}

export const FirstRun = () => {
  const ingest = useApi('ingest')
  const storedRuns = ingest.data?.storedRuns ?? 0
  return (
    <div className="mx-auto max-w-3xl py-8">
      {storedRuns > 0 ? <NoneInRange storedRuns={storedRuns} /> : <FirstOfAll ingest={ingest.data} />}
      <SendLines />
    </div>
  )
}
