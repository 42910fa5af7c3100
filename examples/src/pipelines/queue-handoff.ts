// How the examples hand work to another agent through a queue: the ticket of the handoff travels as a header beside the body.
import { type Handoff, handoff } from '@seamtrace/sdk'

export type Ticket = Omit<Handoff, 'payload'>
export type Message = { body: string; ticket: Ticket }

export type Queue = {
  send(topic: string, key: string, message: Message): void
  /**
   * All messages that are there, at least one.
   * @throws Error when none comes in time
   */
  receive(topic: string, key: string, timeoutMs: number): Promise<[Message, ...Message[]]>
}

/** Declares the handoff and sends its payload: as text when it is one, else as JSON. */
export const sendTo = (queue: Queue, to: string, key: string, payload: unknown, options: { mustKeep?: readonly string[] } = {}): void => {
  const { payload: _, ...ticket } = handoff(to, payload, options)
  queue.send(to, key, { body: typeof payload === 'string' ? payload : JSON.stringify(payload), ticket })
}

/** The handoff as the receiver hands it in, with what it really got. */
export const received = <P>(ticket: Ticket, payload: P): Handoff<P> => ({ ...ticket, payload })
