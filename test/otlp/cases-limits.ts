// What goes beyond a limit is cut, counted and warned about.
import type { RecognizedSpan } from '@seamtrace/schema'
import { type Case, logs, SPAN_ID, traces, withValue } from './cases.ts'

const KIB = 1024
// not one letter again and again: nothing that is worth keeping deflates 200 times
const WORDS = Array.from({ length: 400_000 }, (_, index) => ((index * 2_654_435_761) % 4_294_967_296).toString(36)).join(' ')
const prose = (bytes: number): string => WORDS.slice(0, bytes)
const many = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: { intValue: '1' } }))
const events = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `e${index}` }))
const links = (count: number) => Array.from({ length: count }, () => ({ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }))
const nested = (depth: number, kind: 'list' | 'map'): object =>
  depth === 0
    ? { stringValue: 'core' }
    : kind === 'list'
      ? { arrayValue: { values: [nested(depth - 1, kind)] } }
      : { kvlistValue: { values: [{ key: 'k', value: nested(depth - 1, kind) }] } }

/** With a neighbor that must come through whole. */
const cut = (name: string, sent: object, warning: RegExp, check: (span: RecognizedSpan) => boolean): Case & { check: typeof check } => ({
  name: `cut: ${name}`,
  request: (traceId) => traces(traceId, { name: 'a', ...sent }, { name: 'b', ...withValue({ stringValue: 'whole' }) }),
  answer: { status: 200, rejected: 0, message: warning },
  spans: [{}, { name: 'b', attributes: new Map([['k', 'whole']]) }],
  check,
})

const kept = (name: string, sent: object, check: (span: RecognizedSpan) => boolean): Case & { check: typeof check } => ({
  name: `within: ${name}`,
  request: (traceId) => traces(traceId, sent),
  answer: { status: 200, rejected: 0, message: '' },
  spans: [{}],
  check,
})

const textOf = (span: RecognizedSpan, key = 'k'): string => String(span.attributes.get(key))

export const limitCases: (Case & { check?: (span: RecognizedSpan) => boolean })[] = [
  kept('1,024 attributes', { attributes: many(1024) }, (span) => span.attributes.size === 1024 && span.droppedAttributesCount === 0),
  cut(
    '1,025 attributes',
    { attributes: many(1025) },
    /1 × more than 1024 attributes: the rest dropped/,
    (span) => span.attributes.size === 1024 && span.droppedAttributesCount === 1,
  ),
  cut(
    'attributes, beside those that were dropped before',
    { attributes: many(1030), droppedAttributesCount: 4 },
    /6 × more than 1024 attributes/,
    (span) => span.droppedAttributesCount === 10,
  ),
  kept('1,024 events', { events: events(1024) }, (span) => span.events.length === 1024),
  cut(
    '1,030 events',
    { events: events(1030), droppedEventsCount: 1 },
    /6 × more than 1024 events/,
    (span) => span.events.length === 1024 && span.droppedEventsCount === 7,
  ),
  kept('1,024 links', { links: links(1024) }, (span) => span.links.length === 1024),
  cut(
    '1,025 links',
    { links: links(1025) },
    /1 × more than 1024 links/,
    (span) => span.links.length === 1024 && span.droppedLinksCount === 1,
  ),
  cut(
    '1,025 attributes of an event',
    { events: [{ name: 'e', attributes: many(1025) }] },
    /more than 1024 attributes/,
    (span) => span.events[0]?.attributes.size === 1024 && span.events[0].droppedAttributesCount === 1,
  ),
  cut(
    '1,025 attributes of a link',
    { links: [{ attributes: many(1025) }] },
    /more than 1024 attributes/,
    (span) => span.links[0]?.droppedAttributesCount === 1,
  ),
  kept('a key of 1 KiB', withValue({ stringValue: 'v' }, 'k'.repeat(KIB)), (span) => textOf(span, 'k'.repeat(KIB)) === 'v'),
  cut(
    'a key of 1 KiB and one byte',
    withValue({ stringValue: 'v' }, 'k'.repeat(KIB + 1)),
    /key or name of more than 1024 bytes: cut/,
    (span) => textOf(span, 'k'.repeat(KIB)) === 'v',
  ),
  cut(
    'a key inside a character',
    withValue({ stringValue: 'v' }, `${'k'.repeat(KIB - 1)}é`),
    /key or name/,
    (span) => textOf(span, 'k'.repeat(KIB - 1)) === 'v',
  ),
  cut(
    'a key of a map',
    withValue({ kvlistValue: { values: [{ key: 'm'.repeat(2 * KIB), value: {} }] } }),
    /key or name/,
    (span) => span.attributes.get('k') instanceof Map,
  ),
  cut('a name of 2 KiB', { name: 'a'.repeat(2 * KIB) }, /key or name/, (span) => span.name.length === KIB),
  cut('the name of an event', { events: [{ name: 'e'.repeat(2 * KIB) }] }, /key or name/, (span) => span.events[0]?.name.length === KIB),
  cut(
    'a value of 256 KiB and one byte',
    withValue({ stringValue: 'x'.repeat(256 * KIB + 1) }),
    /value of more than 262144 bytes/,
    (span) => textOf(span).length === 256 * KIB,
  ),
  cut(
    'a value inside a character',
    withValue({ stringValue: `${'x'.repeat(256 * KIB - 1)}é` }),
    /value of more than/,
    (span) => textOf(span) === 'x'.repeat(256 * KIB - 1),
  ),
  cut(
    'bytes of 300 KiB',
    withValue({ bytesValue: Buffer.alloc(300 * KIB, 1).toString('base64') }),
    /value of more than/,
    (span) => (span.attributes.get('k') as Uint8Array).length === 256 * KIB,
  ),
  cut(
    'a list of 40,000 numbers',
    withValue({ arrayValue: { values: Array.from({ length: 40_000 }, () => ({ intValue: '1' })) } }),
    /value of more than/,
    (span) => (span.attributes.get('k') as unknown[]).length === 32 * KIB,
  ),
  cut(
    'a map of 40,000 entries',
    withValue({ kvlistValue: { values: many(40_000) } }),
    /value of more than/,
    (span) => (span.attributes.get('k') as Map<string, unknown>).size === 32 * KIB,
  ),
  cut(
    'texts in a list that are too long together',
    withValue({ arrayValue: { values: Array.from({ length: 4 }, () => ({ stringValue: 'x'.repeat(100 * KIB) })) } }),
    /value of more than/,
    (span) => (span.attributes.get('k') as string[]).join('').length <= 256 * KIB,
  ),
  cut(
    'a status message of 300 KiB',
    { status: { code: 2, message: 's'.repeat(300 * KIB) } },
    /text of more than 262144 bytes/,
    (span) => span.statusMessage.length === 256 * KIB,
  ),
  cut(
    'a trace state of 300 KiB',
    { traceState: 's'.repeat(300 * KIB) },
    /text of more than/,
    (span) => span.traceState.length === 256 * KIB,
  ),
  kept(
    'a prompt of 2 MiB',
    withValue({ stringValue: prose(2 * KIB * KIB) }, 'gen_ai.prompt'),
    (span) => textOf(span, 'gen_ai.prompt').length === 2 * KIB * KIB,
  ),
  kept(
    'input messages of 1 MiB',
    withValue({ stringValue: prose(KIB * KIB) }, 'gen_ai.input.messages'),
    (span) => textOf(span, 'gen_ai.input.messages').length === KIB * KIB,
  ),
  kept(
    'a completion of 1 MiB',
    withValue({ stringValue: prose(KIB * KIB) }, 'llm.completions.0.content'),
    (span) => textOf(span, 'llm.completions.0.content').length === KIB * KIB,
  ),
  cut(
    'a prompt of 3 MiB',
    withValue({ stringValue: prose(3 * KIB * KIB) }, 'gen_ai.prompt'),
    /2097152 for prompts/,
    (span) => textOf(span, 'gen_ai.prompt').length === 2 * KIB * KIB,
  ),
  ...(['list', 'map'] as const).flatMap((kind) => [
    kept(`a ${kind} 32 deep`, withValue(nested(32, kind)), (span) =>
      JSON.stringify([...span.attributes], (_key, value) => (value instanceof Map ? [...value] : value)).includes('core'),
    ),
    cut(`a ${kind} 33 deep`, withValue(nested(33, kind)), /value nested more than 32 deep: cut/, (span) => span.attributes.has('k')),
  ]),
  {
    name: 'cut: 1,025 attributes of a resource',
    request: (traceId) => ({ resourceSpans: [{ ...traces(traceId, {}).resourceSpans[0], resource: { attributes: many(1025) } }] }),
    answer: { status: 200, rejected: 0, message: /more than 1024 attributes/ },
    spans: [{}],
    check: (span) => span.resource.size === 1024,
  },
  {
    name: 'cut: a log body of 3 MiB and its attributes',
    signal: 'logs',
    request: (traceId) => logs(traceId, { body: { stringValue: prose(3 * KIB * KIB) }, attributes: many(1030), spanId: SPAN_ID }),
    answer: {
      status: 200,
      rejected: 0,
      message: /value of more than.*more than 1024 attributes|more than 1024 attributes.*value of more than/,
    },
    logs: [{ droppedAttributesCount: 6, body: prose(2 * KIB * KIB) }],
  },
  {
    name: 'cut and left out in one request',
    request: (traceId) => traces(traceId, { name: 'a'.repeat(2 * KIB) }, { spanId: '' }),
    answer: { status: 200, rejected: 1, message: /span id is not 8 bytes.*key or name/ },
    spans: [{}],
  },
]
