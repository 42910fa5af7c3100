// Ids, times, enums, structure: what makes a span, and what of it may be odd.
import { type Case, START, spanId, traces } from './cases.ts'

const BAD_TRACE = 'trace id is not 16 bytes, or all zero'
const BAD_SPAN = 'span id is not 8 bytes, or all zero'

const rejected = (name: string, fields: object, message: string): Case => ({
  name: `left out: ${name}`,
  request: (traceId) => traces(traceId, { name: 'good' }, { name: 'bad', ...fields }),
  answer: { status: 200, rejected: 1, message: `1 × ${message} (span "bad")` },
  spans: [{ name: 'good' }],
})

const stored = (name: string, sent: object, expected: NonNullable<Case['spans']>[number]): Case => ({
  name,
  request: (traceId) => traces(traceId, sent),
  spans: [expected],
})

const structure = (name: string, request: Case['request']): Case => ({ name, request, answer: { status: 200, rejected: 0, message: '' } })

export const spanCases: Case[] = [
  rejected('a trace id of zeros', { traceId: '0'.repeat(32) }, BAD_TRACE),
  rejected('an empty trace id', { traceId: '' }, BAD_TRACE),
  rejected('a short trace id', { traceId: 'ab'.repeat(15) }, BAD_TRACE),
  rejected('a long trace id', { traceId: 'ab'.repeat(17) }, BAD_TRACE),
  rejected('a trace id of a kilobyte', { traceId: 'ab'.repeat(1024) }, BAD_TRACE),
  rejected('a span id of zeros', { spanId: '0'.repeat(16) }, BAD_SPAN),
  rejected('an empty span id', { spanId: '' }, BAD_SPAN),
  rejected('a short span id', { spanId: 'ab'.repeat(7) }, BAD_SPAN),
  rejected('a long span id', { spanId: 'ab'.repeat(9) }, BAD_SPAN),
  {
    name: 'left out: many for two reasons, all others stored',
    request: (traceId) => traces(traceId, { spanId: '' }, {}, { traceId: '' }, {}, { spanId: '' }),
    answer: { status: 200, rejected: 3, message: `2 × ${BAD_SPAN} (span "span 0"); 1 × ${BAD_TRACE} (span "span 2")` },
    spans: [{ name: 'span 1' }, { name: 'span 3' }],
  },
  {
    name: 'left out: all of them',
    request: (traceId) => traces(traceId, { spanId: '' }),
    answer: { status: 200, rejected: 1 },
    spans: [],
  },
  stored('a root has no parent', {}, { parentSpanId: '' }),
  stored('a parent of zeros is none', { parentSpanId: '0'.repeat(16) }, { parentSpanId: '' }),
  stored('a parent', { parentSpanId: 'ab'.repeat(8) }, { parentSpanId: 'ab'.repeat(8) }),
  {
    name: 'a parent that is no id is left out, not its span',
    request: (traceId) => traces(traceId, { parentSpanId: 'abcd' }),
    answer: { status: 200, rejected: 0, message: /parent span id is not 8 bytes: left out/ },
    spans: [{ parentSpanId: '' }],
  },
  stored('the same id for span and parent', { parentSpanId: spanId(0) }, { parentSpanId: spanId(0) }),
  stored('trace state and flags', { traceState: 'a=b,c=d', flags: 0x301 }, { traceState: 'a=b,c=d', flags: 0x301 }),
  stored('the largest flags', { flags: 0xffffffff }, { flags: 0xffffffff }),
  stored('an empty name', { name: '' }, { name: '' }),
  stored('a name of 1 KiB', { name: 'n'.repeat(1024) }, { name: 'n'.repeat(1024) }),
  ...[0, 1, 2, 3, 4, 5].map((kind) => stored(`kind ${kind}`, { kind }, { kind })),
  stored('a kind that nobody knows', { kind: 99 }, { kind: 99 }),
  ...[0, 1, 2].map((code) => stored(`status ${code}`, { status: { code, message: 'why' } }, { statusCode: code, statusMessage: 'why' })),
  stored(
    'dropped counts',
    { droppedAttributesCount: 1, droppedEventsCount: 2, droppedLinksCount: 4294967295 },
    { droppedAttributesCount: 1, droppedEventsCount: 2, droppedLinksCount: 4294967295 },
  ),
  stored(
    'times to the nanosecond',
    { startTimeUnixNano: '1763600000123456789', endTimeUnixNano: '1763600000123456790' },
    { startTimeUnixNano: 1763600000123456789n, endTimeUnixNano: 1763600000123456790n },
  ),
  stored('no times at all', { startTimeUnixNano: '0', endTimeUnixNano: '0' }, { startTimeUnixNano: 0n, endTimeUnixNano: 0n }),
  stored('an end before its start', { startTimeUnixNano: START, endTimeUnixNano: '5' }, { endTimeUnixNano: 5n }),
  stored('a span that never ended', { endTimeUnixNano: '0' }, { endTimeUnixNano: 0n }),
  stored(
    'the year 9999',
    { startTimeUnixNano: '18446744073709551615', endTimeUnixNano: '18446744073709551615' },
    { startTimeUnixNano: 2n ** 64n - 1n },
  ),
  stored('a day ahead', { startTimeUnixNano: `${Date.now() + 90_000_000}000000` }, {}),
  stored(
    '1971',
    { startTimeUnixNano: '31536000000000000', endTimeUnixNano: '31536000000000001' },
    { startTimeUnixNano: 31536000000000000n },
  ),
  stored(
    'events in their order',
    {
      events: [
        { timeUnixNano: '2', name: 'b' },
        { timeUnixNano: '1', name: 'a' },
      ],
    },
    {
      events: [
        { timeUnixNano: 2n, name: 'b', attributes: new Map(), droppedAttributesCount: 0 },
        { timeUnixNano: 1n, name: 'a', attributes: new Map(), droppedAttributesCount: 0 },
      ],
    },
  ),
  stored(
    'a link',
    { links: [{ traceId: 'cd'.repeat(16), spanId: 'ef'.repeat(8), traceState: 'x=y', flags: 1, droppedAttributesCount: 3 }] },
    {
      links: [
        { traceId: 'cd'.repeat(16), spanId: 'ef'.repeat(8), traceState: 'x=y', flags: 1, attributes: new Map(), droppedAttributesCount: 3 },
      ],
    },
  ),
  stored(
    'a link without ids',
    { links: [{}] },
    { links: [{ traceId: '', spanId: '', traceState: '', flags: 0, attributes: new Map(), droppedAttributesCount: 0 }] },
  ),
  structure('nothing', () => ({})),
  structure('no resources', () => ({ resourceSpans: [] })),
  structure('an empty resource', () => ({ resourceSpans: [{}] })),
  structure('an empty scope', () => ({ resourceSpans: [{ scopeSpans: [{}] }] })),
  {
    name: 'schema URLs',
    request: (traceId) => {
      const request = traces(traceId, {})
      Object.assign(request.resourceSpans[0]!, { schemaUrl: 'https://r' })
      Object.assign(request.resourceSpans[0]!.scopeSpans[0]!, { schemaUrl: 'https://s' })
      return request
    },
    spans: [{ resourceSchemaUrl: 'https://r', scopeSchemaUrl: 'https://s' }],
  },
  {
    name: 'the same span twice is stored once',
    request: (traceId) => traces(traceId, { spanId: spanId(7) }, { spanId: spanId(7) }),
    spans: [{ spanId: spanId(7) }],
  },
  {
    name: 'two resources and two scopes',
    request: (traceId) => ({
      resourceSpans: ['r1', 'r2'].map((service, index) => ({
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: ['s1', 's2'].map((name, inner) => ({
          scope: { name },
          spans: [{ traceId, spanId: spanId(index * 2 + inner), name: `${service} ${name}` }],
        })),
      })),
    }),
    spans: [
      { name: 'r1 s1', service: 'r1', scopeName: 's1' },
      { name: 'r1 s2', service: 'r1', scopeName: 's2' },
      { name: 'r2 s1', service: 'r2', scopeName: 's1' },
      { name: 'r2 s2', service: 'r2', scopeName: 's2' },
    ],
  },
]
