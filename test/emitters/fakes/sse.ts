// Server-sent events as one text: the fake streams in a single chunk, which every client must cope with.
import type { Reply } from '../../../examples/src/fakes/http-server.ts'

export type Event = { event?: string; data: unknown }

export const streamed = (events: readonly Event[], end = ''): Reply => ({
  headers: { 'content-type': 'text/event-stream' },
  raw: events.map(({ event, data }) => `${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(data)}\n\n`).join('') + end,
})
