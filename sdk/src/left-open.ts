// What is open beyond a callback (a handle, a stream), so that what was forgotten is told and ended when recording stops.
import { warnOnce } from './warn.ts'

// Beyond it the oldest is taken for forgotten.
const MOST_OPEN = 10_000

interface LeftOpen {
  readonly name: string
  readonly giveUp: () => void
  /** what may well go on without this process: nobody forgot it */
  readonly mayOutlive?: boolean
}

const open = new Map<object, LeftOpen>()

export function keepOpen(unit: object, left: LeftOpen): void {
  const [oldest] = open.size < MOST_OPEN ? [] : open
  if (oldest !== undefined) {
    open.delete(oldest[0])
    oldest[1].giveUp()
  }
  open.set(unit, left)
}

export const release = (unit: object): void => void open.delete(unit)

/** Ends what nobody ended. */
export function endLeftOpen(): void {
  if (open.size === 0) return
  const left = [...open.values()]
  open.clear()
  const forgotten = left.filter(({ mayOutlive }) => !mayOutlive).map(({ name }) => name)
  if (forgotten.length > 0) warnOnce('left-open', `${forgotten.length} were never ended: ${forgotten.slice(0, 3).join(', ')}`)
  for (const { giveUp } of left) giveUp()
}
