// State changes of alerts, with what was found and whether the message got out.
import type { AlertEvent } from '@seamtrace/schema'
import { Link } from 'react-router'
import { formatAgo, formatTime, plural } from '../../lib/format.ts'
import { hrefOf } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { AlertBadge } from '../../ui/alert-badge.tsx'
import { reasonInWords } from './verdict-words.ts'

const DELIVERY: Record<AlertEvent['delivery']['status'], { word: string; color: string }> = {
  none: { word: 'no webhook configured', color: 'text-ink-3' },
  pending: { word: 'waiting to be sent', color: 'text-wait' },
  delivered: { word: 'delivered', color: 'text-ok' },
  failed: { word: 'not delivered', color: 'text-fail' },
}

const Delivery = ({ delivery }: { delivery: AlertEvent['delivery'] }) => {
  const { word, color } = DELIVERY[delivery.status]
  return (
    <span className="min-w-0">
      <span className={color}>{word}</span>
      {delivery.attempts > 1 && <span className="text-ink-3"> after {plural(delivery.attempts, 'attempt')}</span>}
      {delivery.lastError && (
        <span className="block truncate text-sm text-ink-3" title={delivery.lastError}>
          {delivery.lastError}
        </span>
      )}
    </span>
  )
}

export const AlertHistory = ({ events }: { events: readonly AlertEvent[] }) => {
  const [since] = useRange()
  return (
    <ol className="border-t border-line">
      {events.map((event) => (
        <li
          key={event.eventId}
          className="grid items-baseline gap-x-6 gap-y-1 border-b border-line py-2.5 md:grid-cols-[7rem_11rem_13rem_minmax(0,1fr)_14rem]"
        >
          <time dateTime={event.at} title={formatTime(event.at)} className="text-ink-3">
            {formatAgo(event.at)}
          </time>
          <Link to={hrefOf('/', since, { pipeline: event.pipeline })} className="truncate font-medium hover:underline">
            {event.pipeline}
          </Link>
          <span className="flex items-baseline gap-2">
            <span className="opacity-60">
              <AlertBadge state={event.from} />
            </span>
            <span aria-hidden="true">→</span>
            <span className="sr-only">to</span>
            <AlertBadge state={event.to} />
          </span>
          <span className="min-w-0 text-ink-2">{reasonInWords(event.verdict)}</span>
          <Delivery delivery={event.delivery} />
        </li>
      ))}
    </ol>
  )
}
