// What is open beyond a callback (a handle, a stream), so that what was forgotten is told and ended when recording stops.
import { warnOnce } from './warn.ts'

// Beyond it the oldest is taken for forgotten.
const MOST_OPEN = 10_000

interface LeftOpen {
  readonly name: string
  readonly giveUp: () => void
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
  const names = left.slice(0, 3).map(({ name }) => name)
  warnOnce('left-open', `${left.length} were never ended: ${names.join(', ')}`)
  for (const { giveUp } of left) giveUp()
}
