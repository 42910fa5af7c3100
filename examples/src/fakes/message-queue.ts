// An in-process queue, at-least-once as real ones are: it may cut, lose or repeat a message.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Injector, subjectIn } from '../faults/injector.ts'
import type { Message, Queue } from '../pipelines/queue-handoff.ts'

export class QueueTimeoutError extends Error {
  override name = 'QueueTimeoutError'
}

export const createMessageQueue = (injector: Injector): Queue => {
  const waiting = new Map<string, Message[]>()
  return {
    send: (topic, key, message) => {
      const delivered = misdeliver(topic, subjectIn(key), message, injector)
      waiting.set(`${topic}/${key}`, [...(waiting.get(`${topic}/${key}`) ?? []), ...delivered])
    },
    receive: async (topic, key, timeoutMs) => {
      if (!waiting.get(`${topic}/${key}`)?.length) await sleep(timeoutMs)
      const [first, ...rest] = waiting.get(`${topic}/${key}`) ?? []
      waiting.delete(`${topic}/${key}`)
      if (!first) throw new QueueTimeoutError(`no message for ${topic} in time`)
      return [first, ...rest]
    },
  }
}

const misdeliver = (topic: string, subject: string, message: Message, injector: Injector): Message[] => {
  if (topic === 'partner_desk' && injector.strikes(subject, 'dropped_handoff')) return []
  if (topic !== 'reconcile') return [message]
  if (injector.strikes(subject, 'duplicate_work')) return [message, message]
  if (injector.strikes(subject, 'truncated_payload'))
    return [{ ...message, body: message.body.slice(0, Math.floor(message.body.length * 0.7)) }]
  return [message]
}
