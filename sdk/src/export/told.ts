// Tells the program's developer, once, that what is sent does not arrive: else a wrong key or port looks like a program that records nothing.
import { isDevelopment } from '../announce.ts'
import { warnOnce } from '../warn.ts'
import type { Sender } from './send.ts'

/** What is refused is lost, and told everywhere; a collector that is away is told in development only: in production it comes back. */
export const telling = (sender: Sender): Sender => {
  return {
    ...sender,
    send: async (request, timeoutMs) => {
      const answer = await sender.send(request, timeoutMs)
      if (answer.outcome === 'refused') warnOnce('refused', `cannot send to ${sender.url}, which answered ${answer.reason}${DOCTOR}`)
      if (answer.outcome === 'again' && isDevelopment())
        warnOnce('collector-away', `cannot send to ${sender.url} now, spans wait: ${answer.reason}${DOCTOR}`)
      return answer
    },
  }
}

const DOCTOR = '; seamtrace doctor tells why'
