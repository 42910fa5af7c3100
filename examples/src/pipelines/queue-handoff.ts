// How the examples hand work to another agent through a queue: its ticket travels in the headers beside the body.
import { handoff } from '@seamtrace/sdk'

export type Message = { body: string; headers: Record<string, string> }

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
  const headers: Message['headers'] = {}
  handoff(to, payload, { ...options, carrier: headers })
  queue.send(to, key, { body: typeof payload === 'string' ? payload : JSON.stringify(payload), headers })
}
