// The state of an alert rule as icon, color and word.
import type { AlertState } from '@seamtrace/schema'
import { BellRing, CircleCheck, CircleDashed, Hourglass, type LucideIcon } from 'lucide-react'

const LOOK: Record<AlertState, { icon: LucideIcon; color: string; word: string }> = {
  ok: { icon: CircleCheck, color: 'text-ok', word: 'ok' },
  pending: { icon: Hourglass, color: 'text-wait', word: 'pending' },
  firing: { icon: BellRing, color: 'text-fail', word: 'firing' },
  no_data: { icon: CircleDashed, color: 'text-idle', word: 'too little data' },
}

export const AlertBadge = ({ state }: { state: AlertState }) => {
  const { icon: Icon, color, word } = LOOK[state]
  return (
    <span className={`inline-flex items-center gap-1.5 font-medium whitespace-nowrap ${color}`}>
      <Icon className="size-[1em] shrink-0" strokeWidth={2.2} aria-hidden="true" />
      {word}
    </span>
  )
}
