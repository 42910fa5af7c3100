// Every type of attribute value, kept exactly.
import type { AttributeValue } from '@seamtrace/schema'
import { type Case, logs, traces, withValue } from './cases.ts'

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const list = (...values: object[]) => ({ arrayValue: { values } })
const map = (...entries: [string, object][]) => ({ kvlistValue: { values: entries.map(([key, value]) => ({ key, value })) } })

const VALUES: [name: string, sent: object, stored: AttributeValue][] = [
  ['a text', { stringValue: 'text' }, 'text'],
  ['an empty text', { stringValue: '' }, ''],
  ['a text that looks like a number', { stringValue: '5' }, '5'],
  ['text beyond ASCII', { stringValue: 'naïve 日本 👩‍💻' }, 'naïve 日本 👩‍💻'],
  ['control characters', { stringValue: '\u0000\u0001\t\r\n\u007f' }, '\u0000\u0001\t\r\n\u007f'],
  ['quotes and backslashes', { stringValue: `'"\\\`` }, `'"\\\``],
  ['SQL', { stringValue: "'); DROP TABLE spans; --" }, "'); DROP TABLE spans; --"],
  ['HTML', { stringValue: '<script>alert(1)</script>' }, '<script>alert(1)</script>'],
  ['true', { boolValue: true }, true],
  ['false', { boolValue: false }, false],
  ['0', { intValue: '0' }, 0n],
  ['−1', { intValue: '-1' }, -1n],
  ['an integer beyond 2^53', { intValue: '9007199254740993' }, 9007199254740993n],
  ['the largest integer', { intValue: '9223372036854775807' }, 9223372036854775807n],
  ['the smallest integer', { intValue: '-9223372036854775808' }, -9223372036854775808n],
  ['a double', { doubleValue: 0.1 }, { double: 0.1 }],
  ['a double that is whole', { doubleValue: 1 }, { double: 1 }],
  ['a double of 0', { doubleValue: 0 }, { double: 0 }],
  ['a tiny double', { doubleValue: 5e-324 }, { double: 5e-324 }],
  ['a huge double', { doubleValue: 1.7976931348623157e308 }, { double: 1.7976931348623157e308 }],
  ['bytes', { bytesValue: 'AAH//g==' }, bytes('0001fffe')],
  ['no bytes', { bytesValue: '' }, bytes('')],
  ['a list', list({ stringValue: 'a' }, { intValue: '1' }, { boolValue: false }), ['a', 1n, false]],
  ['an empty list', list(), []],
  ['lists in lists', list(list(list({ intValue: '1' })), list()), [[[1n]], []]],
  ['a list with an empty value', list({}, { stringValue: 'a' }), [null, 'a']],
  [
    'a map',
    map(['a', { stringValue: 'b' }], ['c', { doubleValue: 1.5 }]),
    new Map<string, AttributeValue>([
      ['a', 'b'],
      ['c', { double: 1.5 }],
    ]),
  ],
  ['an empty map', map(), new Map()],
  ['a map in a list in a map', map(['a', list(map(['b', { bytesValue: 'AA==' }]))]), new Map([['a', [new Map([['b', bytes('00')]])]]])],
  [
    'a map with hostile keys',
    map(['__proto__', { intValue: '1' }], ['constructor', { intValue: '2' }]),
    new Map([
      ['__proto__', 1n],
      ['constructor', 2n],
    ]),
  ],
  ['an empty value', {}, null],
  ['a text of 256 KiB', { stringValue: 'x'.repeat(256 * 1024) }, 'x'.repeat(256 * 1024)],
]

const inSpan = ([name, sent, stored]: (typeof VALUES)[number]): Case => ({
  name: `span attribute: ${name}`,
  request: (traceId) => traces(traceId, withValue(sent)),
  spans: [{ attributes: new Map([['k', stored]]) }],
})

const inLog = ([name, sent, stored]: (typeof VALUES)[number]): Case => ({
  name: `log body: ${name}`,
  signal: 'logs',
  request: (traceId) => logs(traceId, { body: sent }),
  logs: [{ body: stored }],
})

const everywhere = { attributes: [{ key: 'a', value: { intValue: '7' } }] }

export const valueCases: Case[] = [
  ...VALUES.map(inSpan),
  ...VALUES.map(inLog),
  {
    name: 'attributes of events, links, scope and resource keep their types',
    request: (traceId) => {
      const request = traces(traceId, {
        events: [{ timeUnixNano: '5', name: 'e', ...everywhere }],
        links: [{ traceId, spanId: 'ab'.repeat(8), ...everywhere }],
      })
      Object.assign(request.resourceSpans[0]!, { resource: everywhere })
      Object.assign(request.resourceSpans[0]!.scopeSpans[0]!, { scope: { name: 's', version: '1', ...everywhere } })
      return request
    },
    spans: [
      {
        resource: new Map([['a', 7n]]),
        scopeAttributes: new Map([['a', 7n]]),
        events: [{ timeUnixNano: 5n, name: 'e', attributes: new Map([['a', 7n]]), droppedAttributesCount: 0 }],
      },
    ],
  },
  {
    name: 'the last of a key that is given twice',
    request: (traceId) =>
      traces(traceId, {
        attributes: [
          { key: 'k', value: { intValue: '1' } },
          { key: 'k', value: { stringValue: 'b' } },
        ],
      }),
    spans: [{ attributes: new Map([['k', 'b']]) }],
  },
  {
    name: 'an attribute without a value',
    request: (traceId) => traces(traceId, { attributes: [{ key: 'k' }] }),
    spans: [{ attributes: new Map([['k', null]]) }],
  },
  {
    name: 'an attribute with an empty key',
    request: (traceId) => traces(traceId, withValue({ stringValue: 'v' }, '')),
    spans: [{ attributes: new Map([['', 'v']]) }],
  },
]
