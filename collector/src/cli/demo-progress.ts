// Shows the fill of the demo: one line that is rewritten on a terminal, a line at every quarter elsewhere.
import type { FleetProgress } from './demo-fleet.ts'

type Screen = { isTTY?: boolean; write(text: string): unknown }

/** @example const show = progressOn(process.stderr); show({ done: 20, total: 2100 }) */
export const progressOn = (screen: Screen): ((progress: FleetProgress) => void) => {
  let shownQuarter = 0
  return ({ done, total }) => {
    const text = `filling the last 48 hours: ${done} of ${total} runs`
    if (screen.isTTY) {
      screen.write(`\r\u001b[K${text}${done === total ? '\n' : ''}`)
      return
    }
    const quarter = Math.floor((4 * done) / total)
    if (quarter > shownQuarter) screen.write(`${text}\n`)
    shownQuarter = Math.max(shownQuarter, quarter)
  }
}
