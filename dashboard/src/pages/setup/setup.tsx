// What was accepted and refused, how far the analysis is, and how to send more.
import type { Ingest } from '@seamtrace/schema'
import type { ReactNode } from 'react'
import { formatAgo, formatCount, formatTime } from '../../lib/format.ts'
import { useApi } from '../../lib/use-api.ts'
import { Section } from '../../ui/section.tsx'
import { Freshness, Loaded } from '../../ui/states.tsx'
import { SendLines } from './send-lines.tsx'

const Fact = ({ label, value, note, bad = false }: { label: string; value: ReactNode; note?: ReactNode; bad?: boolean }) => (
  <div className="border-t border-line py-2.5">
    <dt className="text-ink-3">{label}</dt>
    <dd className={`text-[1.29rem] font-semibold ${bad ? 'text-fail' : ''}`}>{value}</dd>
    {note && <dd className="text-sm text-ink-3">{note}</dd>}
  </div>
)

const Counts = ({ ingest }: { ingest: Ingest }) => {
  const refusedRequests = ingest.refused.reduce((sum, entry) => sum + entry.requests, 0)
  return (
    <dl className="grid grid-cols-2 gap-x-8 sm:grid-cols-3">
      <Fact
        label="Spans accepted"
        value={formatCount(ingest.acceptedSpans)}
        note={`in ${formatCount(ingest.requests)} requests since ${formatTime(ingest.startedAt)}`}
      />
      <Fact
        label="Spans rejected"
        value={formatCount(ingest.rejectedSpans)}
        bad={ingest.rejectedSpans > 0}
        note="inside accepted requests"
      />
      <Fact
        label="Requests refused"
        value={formatCount(refusedRequests)}
        bad={refusedRequests > 0}
        note={refusedRequests ? 'reasons below' : 'none since the start'}
      />
      <Fact
        label="Last span"
        value={ingest.lastSpanAt ? formatAgo(ingest.lastSpanAt) : 'none yet'}
        note={ingest.lastSpanAt ? formatTime(ingest.lastSpanAt) : 'waiting for the first'}
      />
      <Fact label="Being analyzed" value={formatCount(ingest.pendingTraces)} note="traces with spans newer than their runs" />
      <Fact
        label="Stored"
        value={`${formatCount(ingest.storedRuns)} runs`}
        note={`${formatCount(ingest.storedSpans)} spans · ${ingest.engine}`}
      />
    </dl>
  )
}

const Refused = ({ refused }: { refused: Ingest['refused'] }) =>
  refused.length === 0 ? null : (
    <Section title="Refused requests">
      <ul>
        {refused.map((entry) => (
          <li
            key={entry.reason}
            className="grid grid-cols-[minmax(7rem,auto)_4rem_minmax(0,1fr)_auto] items-baseline gap-4 border-b border-line py-2"
          >
            <span className="font-mono">{entry.reason}</span>
            <span className="text-right font-semibold text-fail">{formatCount(entry.requests)}</span>
            <span className="break-words text-ink-2">{entry.sample}</span>
            <span className="whitespace-nowrap text-ink-3">{formatAgo(entry.at)}</span>
          </li>
        ))}
      </ul>
    </Section>
  )

export const Setup = () => {
  const ingest = useApi('ingest')
  return (
    <div className="grid gap-x-14 gap-y-9 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)]">
      <div className="space-y-8">
        <header className="flex items-center">
          <h1 className="text-[1.43rem] font-semibold tracking-[-0.015em]">Setup</h1>
          <span className="ml-auto">
            <Freshness updatedAt={ingest.dataUpdatedAt} failed={ingest.isError} />
          </span>
        </header>
        <Loaded of={ingest}>
          {ingest.data && (
            <>
              <Section title="What arrived">
                <Counts ingest={ingest.data} />
              </Section>
              <Refused refused={ingest.data.refused} />
            </>
          )}
        </Loaded>
      </div>
      <Section title="Send runs here">
        <SendLines />
      </Section>
    </div>
  )
}
