// The six outcomes, each with icon, color and word; never collapsed into two.
import type { Outcome } from '@seamtrace/schema'
import { Ban, Check, CircleHelp, Hourglass, LoaderCircle, type LucideIcon, RotateCcw, X } from 'lucide-react'

type Look = { icon: LucideIcon; color: string; word: string }
export const OUTCOME_LOOK: Record<Outcome, Look> = {
  success: { icon: Check, color: 'text-ok', word: 'success' },
  failure: { icon: X, color: 'text-fail', word: 'failure' },
  waiting: { icon: Hourglass, color: 'text-wait', word: 'waiting' },
  running: { icon: LoaderCircle, color: 'text-run', word: 'running' },
  cancelled: { icon: Ban, color: 'text-idle', word: 'cancelled' },
  unknown: { icon: CircleHelp, color: 'text-idle', word: 'unknown' },
}

export const OutcomeIcon = ({ outcome, label = false }: { outcome: Outcome; label?: boolean }) => {
  const { icon: Icon, color, word } = OUTCOME_LOOK[outcome]
  const spin = outcome === 'running' ? 'animate-spin [animation-duration:3s]' : ''
  return (
    <Icon
      className={`size-[1.1em] shrink-0 ${color} ${spin}`}
      strokeWidth={2.4}
      {...(label ? { role: 'img', 'aria-label': word } : { 'aria-hidden': true })}
    />
  )
}

export const OutcomeBadge = ({ outcome, recovered = false }: { outcome: Outcome; recovered?: boolean }) => (
  <span className={`inline-flex items-center gap-1.5 font-medium whitespace-nowrap ${OUTCOME_LOOK[outcome].color}`}>
    <OutcomeIcon outcome={outcome} />
    {OUTCOME_LOOK[outcome].word}
    {recovered && (
      <span className="inline-flex items-center gap-1 font-normal text-ink-3" title="a retry or fallback rescued it">
        <RotateCcw className="size-3" aria-hidden="true" />
        recovered
      </span>
    )}
  </span>
)
