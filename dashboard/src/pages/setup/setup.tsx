// What was accepted and refused, how far the analysis is, and how to send more.
import type { Ingest, InsertState, LostSpans, SpoolState } from '@seamtrace/schema'
import type { ReactNode } from 'react'
import { formatAgo, formatBytes, formatCount, formatDuration, formatTime, plural } from '../../lib/format.ts'
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
      <Fact label="Log records" value={formatCount(ingest.acceptedLogs)} note={`${formatCount(ingest.rejectedLogs)} rejected`} />
      <Fact
        label="Metric points"
        value={formatCount(ingest.metrics.points)}
        note={`${formatCount(ingest.metrics.storedPoints)} of GenAI usage stored`}
      />
      <Fact
        label="Late spans"
        value={ingest.lateSpans === null ? '–' : formatCount(ingest.lateSpans)}
        note="came when others of their run had expired"
      />
      <Fact
        label="Skewed clocks"
        value={formatCount(ingest.skewedSpans)}
        note="spans a day or more from their arrival, or ended before they began"
      />
    </dl>
  )
}

const waitingNote = ({ waiting, maxBytes, oldestMs }: SpoolState): string =>
  `${formatBytes(waiting.bytes)} of ${formatBytes(maxBytes)}${waiting.bytes > 0 ? `, the oldest for ${formatDuration(oldestMs)}` : ''}`

/** What is acknowledged and not yet in the store, and what the store will never take. */
const Spool = ({ spool, insert }: { spool: SpoolState; insert: InsertState | null }) => (
  <Section title="On the way to the store">
    {insert?.failing && (
      <p role="status" className="mb-2 border-l-2 border-fail bg-sunken px-3 py-2">
        The store has taken nothing since {formatTime(insert.failing.since)}: {insert.failing.reason}. Spans are kept on disk and stored as
        soon as it does.
      </p>
    )}
    <dl className="grid grid-cols-2 gap-x-8 sm:grid-cols-3">
      <Fact label="Waiting on disk" value={`${formatCount(spool.waiting.rows)} rows`} note={waitingNote(spool)} />
      <Fact
        label="Insert lag"
        value={insert ? formatDuration(insert.lagMs) : '–'}
        note={
          insert
            ? `${formatCount(insert.rows)} rows inserted, ${formatCount(insert.retries)} inserts tried again`
            : 'another process inserts'
        }
      />
      <Fact
        label="Set aside"
        value={`${formatCount(spool.quarantined.rows)} rows`}
        bad={spool.quarantined.files > 0 || spool.missing.files > 0}
        note={
          spool.quarantined.lastReason ??
          (spool.missing.files > 0 ? `${plural(spool.missing.files, 'block')} missing` : 'nothing was damaged or refused')
        }
      />
    </dl>
  </Section>
)

type Entry = { reason: string; count: number; sample: string; at: string }

const Reasons = ({ title, entries, mono = false }: { title: string; entries: readonly Entry[]; mono?: boolean }) =>
  entries.length === 0 ? null : (
    <Section title={title}>
      <ul>
        {entries.map((entry) => (
          <li
            key={`${entry.reason} ${entry.sample}`}
            className="grid grid-cols-[minmax(7rem,auto)_4rem_minmax(0,1fr)_auto] items-baseline gap-4 border-b border-line py-2"
          >
            <span className={mono ? 'font-mono' : ''}>{entry.reason}</span>
            <span className="text-right font-semibold text-fail">{formatCount(entry.count)}</span>
            <span className="break-words text-ink-2">{entry.sample}</span>
            <span className="whitespace-nowrap text-ink-3">{formatAgo(entry.at)}</span>
          </li>
        ))}
      </ul>
    </Section>
  )

const requestsOf = (refused: Ingest['refused']): Entry[] => refused.map(({ requests, ...entry }) => ({ ...entry, count: requests }))

const WHY_LOST: Record<LostSpans['reason'], string> = {
  no_room: 'the collector was away, and there was no more room to keep them',
  refused: 'the collector refused them',
  broken: 'they could not be written',
}

const lostOf = (lost: Ingest['lostBySdks']): Entry[] =>
  lost.map(({ service, reason, spans, at }) => ({ reason: service || 'unknown service', sample: WHY_LOST[reason], count: spans, at }))

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
              {ingest.data.spool && <Spool spool={ingest.data.spool} insert={ingest.data.insert} />}
              <Reasons title="Lost before they arrived, as SDKs tell" entries={lostOf(ingest.data.lostBySdks)} />
              <Reasons title="Refused requests" entries={requestsOf(ingest.data.refused)} mono />
              <Reasons title="Left out of accepted requests" entries={ingest.data.rejected} />
              <Reasons title="Cut, and stored without the rest" entries={ingest.data.truncated} />
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
