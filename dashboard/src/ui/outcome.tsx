// The six outcomes, each with icon, color and word; never collapsed into two. A run that goes on may stall, one that is lost was killed.
import type { Outcome, Run } from '@seamtrace/schema'
import { Ban, Check, CircleHelp, CirclePause, Hourglass, LoaderCircle, type LucideIcon, RotateCcw, Unplug, X } from 'lucide-react'

type Look = { icon: LucideIcon; color: string; word: string }
export const OUTCOME_LOOK: Record<Outcome, Look> = {
  success: { icon: Check, color: 'text-ok', word: 'success' },
  failure: { icon: X, color: 'text-fail', word: 'failure' },
  waiting: { icon: Hourglass, color: 'text-wait', word: 'waiting' },
  running: { icon: LoaderCircle, color: 'text-run', word: 'running' },
  cancelled: { icon: Ban, color: 'text-idle', word: 'cancelled' },
  unknown: { icon: CircleHelp, color: 'text-idle', word: 'unknown' },
}

const STALLED: Look = { icon: CirclePause, color: 'text-wait', word: 'stalled' }
const KILLED: Look = { icon: Unplug, color: 'text-idle', word: 'unknown (killed)' }

/** What a run looks like, which may tell of itself while it goes on. */
export const lookOf = ({ outcome, liveness }: { outcome: Outcome; liveness?: Run['liveness'] }): Look => {
  if (outcome === 'unknown' && liveness) return KILLED
  return outcome === 'running' && liveness?.stalledSince ? STALLED : OUTCOME_LOOK[outcome]
}

const LookIcon = ({ look, label }: { look: Look; label: boolean }) => {
  const { icon: Icon, color, word } = look
  const spin = look === OUTCOME_LOOK.running ? 'animate-spin [animation-duration:3s]' : ''
  return (
    <Icon
      className={`size-[1.1em] shrink-0 ${color} ${spin}`}
      strokeWidth={2.4}
      {...(label ? { role: 'img', 'aria-label': word } : { 'aria-hidden': true })}
    />
  )
}

export const OutcomeIcon = ({ outcome, label = false }: { outcome: Outcome; label?: boolean }) => (
  <LookIcon look={OUTCOME_LOOK[outcome]} label={label} />
)

type BadgeProps = { outcome: Outcome; recovered?: boolean; liveness?: Run['liveness'] }

export const OutcomeBadge = ({ outcome, recovered = false, liveness = null }: BadgeProps) => {
  const look = lookOf({ outcome, liveness })
  return (
    <span className={`inline-flex items-center gap-1.5 font-medium whitespace-nowrap ${look.color}`}>
      <LookIcon look={look} label={false} />
      {look.word}
      {recovered && (
        <span className="inline-flex items-center gap-1 font-normal text-ink-3" title="a retry or fallback rescued it">
          <RotateCcw className="size-3" aria-hidden="true" />
          recovered
        </span>
      )}
    </span>
  )
}
