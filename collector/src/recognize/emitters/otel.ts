// Spans of no known convention: what goes out of the process is a call, everything else is what it stands in.
import { emitter } from '../emitter.ts'

const CLIENT_KIND = 3
const PRODUCER_KIND = 4

export const otel = emitter({
  name: 'otel',
  typeOf: ({ kind }) => (kind === CLIENT_KIND || kind === PRODUCER_KIND ? 'tool' : 'other'),
})
