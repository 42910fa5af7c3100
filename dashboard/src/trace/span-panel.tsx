// Everything that was sent of the selected span, loaded when it is selected.
import type { SpanDetail } from '@seamtrace/schema'
import { X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { formatCount, formatDuration, formatUsd } from '../lib/format.ts'
import { uniqueKeys } from '../lib/unique-keys.ts'
import { useApi } from '../lib/use-api.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { LayerName } from '../ui/glyphs.tsx'
import { OutcomeBadge } from '../ui/outcome.tsx'
import { Loaded, Skeleton } from '../ui/states.tsx'
import { Attributes } from './attributes.tsx'

const Fold = ({ title, count, open = false, children }: { title: string; count?: number; open?: boolean; children: ReactNode }) => {
  const [shown, setShown] = useState(open)
  return (
    <details open={shown} onToggle={(event) => setShown(event.currentTarget.open)} className="border-t border-line py-2">
      <summary className="font-medium">
        {title}
        {count !== undefined && <span className="ml-1.5 font-normal text-ink-3">{count}</span>}
      </summary>
      {shown && <div className="pt-2 pb-1">{children}</div>}
    </details>
  )
}

const nanoTime = (nano: string): string => {
  const date = new Date(Number(BigInt(nano) / 1_000_000n))
  return Number.isNaN(date.getTime()) ? nano : date.toISOString().replace('T', ' ').replace('Z', ' UTC')
}

const Facts = ({ span }: { span: SpanDetail }) => {
  const facts: [string, ReactNode][] = [
    [
      'layer',
      <span key="layer">
        <LayerName layer={span.layer} /> <span className="text-ink-3">(rule: {span.layerRule})</span>
      </span>,
    ],
    ['type', `${span.type}, ${span.kind}`],
    ['started', nanoTime(span.startTimeUnixNano)],
    ['duration', formatDuration(Number(BigInt(span.durationNano)) / 1e6)],
  ]
  if (span.step) facts.push(['step', span.agent && span.agent !== span.step ? `${span.step} (${span.agent})` : span.step])
  if (span.attempt > 0) facts.push(['attempt', span.attempt])
  if (span.inputTokens + span.outputTokens > 0)
    facts.push(['tokens', `${formatCount(span.inputTokens)} in, ${formatCount(span.outputTokens)} out`])
  if (span.type === 'model' || span.costUsd) facts.push(['cost', span.costUsd === null ? 'unpriced' : formatUsd(span.costUsd)])
  facts.push(['sent by', `${span.service} · ${span.scopeName}${span.scopeVersion && ` ${span.scopeVersion}`} · ${span.emitter}`])
  facts.push([
    'span',
    <span key="span" className="inline-flex items-center gap-1 font-mono text-[0.93em]">
      {span.spanId}
      <CopyButton text={`${span.traceId}/${span.spanId}`} label="copy trace and span id" />
    </span>,
  ])
  return (
    <dl className="grid grid-cols-[4.6rem_minmax(0,1fr)] items-baseline gap-x-3 gap-y-1">
      {facts.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-ink-3">{label}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

const ErrorText = ({ span }: { span: SpanDetail }) =>
  span.errorType === '' && span.errorMessage === '' ? null : (
    <div className="mb-3 rounded-md bg-fail-soft px-3 py-2">
      <p className="font-medium">
        {span.errorType || 'error'}
        {span.failureKind && (
          <span className="font-normal text-ink-2">
            {' '}
            · {span.failureKind} by rule <span className="font-mono text-[0.93em]">{span.failureRule}</span>
          </span>
        )}
      </p>
      {span.errorMessage && <p className="mt-0.5 font-mono text-[0.9em] break-words whitespace-pre-wrap">{span.errorMessage}</p>}
    </div>
  )

const Events = ({ events }: { events: SpanDetail['events'] }) => {
  const keys = uniqueKeys(events, (event) => `${event.timeUnixNano} ${event.name}`)
  return (
    <Fold title="Events" count={events.length} open>
      <ol className="space-y-3">
        {events.map((event, index) => (
          <li key={keys[index]}>
            <p className="mb-1 font-medium">
              {event.name} <span className="font-normal text-ink-3">{nanoTime(event.timeUnixNano).slice(11)}</span>
            </p>
            <Attributes attributes={event.attributes} />
          </li>
        ))}
      </ol>
    </Fold>
  )
}

const Detail = ({ span }: { span: SpanDetail }) => (
  <>
    <ErrorText span={span} />
    <Facts span={span} />
    <div className="mt-3">
      {span.events.length > 0 && <Events events={span.events} />}
      <Fold title="Attributes" count={Object.keys(span.attributes).length} open>
        <Attributes attributes={span.attributes} />
      </Fold>
      {span.links.length > 0 && (
        <Fold title="Links" count={span.links.length}>
          <ul className="space-y-2">
            {span.links.map((link) => (
              <li key={`${link.traceId}${link.spanId}`}>
                <p className="font-mono text-[0.9em] break-all">
                  {link.traceId} / {link.spanId}
                </p>
                <Attributes attributes={link.attributes} />
              </li>
            ))}
          </ul>
        </Fold>
      )}
      <Fold title="Resource" count={Object.keys(span.resource).length}>
        <Attributes attributes={span.resource} />
      </Fold>
      <Fold title="Raw">
        <pre className="thin-scroll max-h-96 overflow-auto rounded bg-sunken p-2 font-mono text-[0.86em]">
          {JSON.stringify(span, null, 2)}
        </pre>
      </Fold>
    </div>
  </>
)

type Props = { traceId: string; spanId: string; close?: () => void }

export const SpanPanel = ({ traceId, spanId, close }: Props) => {
  const detail = useApi('span', { params: { traceId, spanId } }, { poll: false, keep: false })
  return (
    <div data-testid="span-panel">
      <header className="mb-3 flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h2 className="text-[1.07rem] font-semibold break-words">{detail.data?.name ?? 'Span'}</h2>
          {detail.data && <OutcomeBadge outcome={detail.data.outcome} />}
        </div>
        {close && (
          <button
            type="button"
            onClick={close}
            aria-label="close details"
            className="inline-flex size-7 items-center justify-center rounded-md text-ink-3 hover:bg-hover hover:text-ink"
          >
            <X className="size-4" aria-hidden="true" />
          </button>
        )}
      </header>
      <Loaded of={detail} skeleton={<Skeleton className="h-64" />}>
        {detail.data && <Detail span={detail.data} />}
      </Loaded>
    </div>
  )
}
