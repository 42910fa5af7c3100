// The book of what was sent and acknowledged: an acknowledged payload is an obligation, anything else may or may not be there.
import { type Body, bodyOf, type Shape } from './payload.ts'

export type Oracle = {
  readonly shape: Shape
  /** the number of a payload that nobody has sent yet */
  claim(): number
  bodyOf(payload: number): Body
  /** A request with this payload left; the answer, or why there was none. */
  answered(payload: number, answer: number | string): void
  isAcked(payload: number): boolean
  /** payloads claimed and not acknowledged so far */
  open(): number
  counts(): Counts
}

export type Counts = {
  claimed: number
  acked: number
  ackedSpans: number
  requests: number
  /** requests with a payload that had been sent before */
  resends: number
  /** by status, or by what went wrong */
  answers: Record<string, number>
}

// One byte a payload, whatever its size: a million payloads are a megabyte.
const SENT = 1
const ACKED = 2
// what went wrong is text of the system, so there is little of it; a bound all the same
const MAX_ANSWERS = 50

export const createOracle = (shape: Shape): Oracle => {
  let state = new Uint8Array(1024)
  let [claimed, acked, requests, resends] = [0, 0, 0, 0]
  const answers = new Map<string, number>()

  const note = (answer: string): void => {
    const key = answers.has(answer) || answers.size < MAX_ANSWERS ? answer : '(other)'
    answers.set(key, (answers.get(key) ?? 0) + 1)
  }

  return {
    shape,
    claim: () => {
      if (claimed === state.length) {
        const grown = new Uint8Array(state.length * 2)
        grown.set(state)
        state = grown
      }
      return claimed++
    },
    bodyOf: (payload) => bodyOf(shape, payload),
    answered: (payload, answer) => {
      requests++
      note(String(answer))
      const before = state[payload] ?? 0
      if (before !== 0) resends++
      const isAck = typeof answer === 'number' && answer >= 200 && answer < 300
      if (isAck && (before & ACKED) === 0) acked++
      state[payload] = before | SENT | (isAck ? ACKED : 0)
    },
    isAcked: (payload) => ((state[payload] ?? 0) & ACKED) !== 0,
    open: () => claimed - acked,
    counts: () => ({
      claimed,
      acked,
      ackedSpans: acked * shape.traces * shape.spans,
      requests,
      resends,
      answers: Object.fromEntries([...answers].sort((a, b) => b[1] - a[1])),
    }),
  }
}
