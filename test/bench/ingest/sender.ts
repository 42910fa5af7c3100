// Starts the load generator as a process of its own, ready to send at once when told to.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FromSender, SendOptions, Sent } from './send.ts'

export type Sender = { pid: number; go(): Promise<Sent> }

/** Resolves when its requests are made, so that making them costs nothing while the server is measured. */
export const startSender = async (options: SendOptions): Promise<Sender> => {
  const child = fork(fileURLToPath(new URL('./sender-process.ts', import.meta.url)), [JSON.stringify(options)])
  const next = async (): Promise<FromSender> => {
    const ended = once(child, 'exit').then(([code]): FromSender => ({ type: 'failed', reason: `it ended with ${code}` }))
    const told = once(child, 'message').then(([message]): FromSender => message)
    return Promise.race([told, ended])
  }
  const fail = (message: FromSender): never => {
    child.kill()
    throw new Error(`cannot generate load: ${message.type === 'failed' ? message.reason : `unexpected ${message.type}`}`)
  }
  const ready = await next()
  if (ready.type !== 'ready') fail(ready)
  return {
    pid: child.pid ?? 0,
    go: async () => {
      const answer = next()
      child.send('go')
      const message = await answer
      return message.type === 'sent' ? message.sent : fail(message)
    },
  }
}
