// OTLP bodies of every kind: what must be read, what must be left out, what must be refused.
import { isDeepStrictEqual } from 'node:util'
import { SeamtraceError } from '@seamtrace/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { span as arbitrarySpan } from '../store/span.fixture.ts'
import { decodeTraces } from './decode-traces.ts'
import { TOO_DEEP } from './limits.ts'
import { encodeMessage, spansToJson, spansToProtobuf } from './otlp.fixture.ts'

const TRACE = 'ab'.repeat(16)
const SPAN = 'cd'.repeat(8)
const json = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const requestOf = (...spans: object[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
const decodeJson = (value: unknown) => decodeTraces(json(value), 'json')
const one = (span: object) => decodeJson(requestOf({ traceId: TRACE, spanId: SPAN, ...span })).spans[0]
const oneAttribute = (value: unknown) => one({ attributes: [{ key: 'k', value }] })?.attributes.get('k')
const protobufOf = (...spans: object[]) => encodeMessage('ExportTraceServiceRequest', requestOf(...spans))
const ids = { traceId: Buffer.from(TRACE, 'hex'), spanId: Buffer.from(SPAN, 'hex') }

describe('any span', () => {
  it('is the same after protobuf', () => {
    fc.assert(
      fc.property(fc.array(arbitrarySpan, { maxLength: 3 }), (spans) => {
        const decoded = decodeTraces(spansToProtobuf(spans), 'protobuf')
        expect(decoded.rejected).toEqual([])
        expect(isDeepStrictEqual(decoded.spans, spans)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('is the same after JSON', () => {
    fc.assert(
      fc.property(fc.array(arbitrarySpan, { maxLength: 3 }), (spans) => {
        const decoded = decodeTraces(spansToJson(spans), 'json')
        expect(decoded.rejected).toEqual([])
        expect(isDeepStrictEqual(decoded.spans, spans)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('empty requests', () => {
  it.each([
    ['protobuf', Buffer.alloc(0)],
    ['json', json('{}')],
    ['json', json({ resourceSpans: [] })],
    ['json', json({ resourceSpans: [{}] })],
  ] as const)('succeed: %s', (encoding, body) => {
    expect(decodeTraces(body, encoding)).toEqual({ spans: [], rejected: [], truncated: [] })
  })
})

describe('JSON', () => {
  it.each([
    ['hex ids in any case', one({ traceId: TRACE.toUpperCase(), spanId: SPAN.toUpperCase() }), { traceId: TRACE, spanId: SPAN }],
    ['no parent when it is all zero', one({ parentSpanId: '0'.repeat(16) }), { parentSpanId: '' }],
    ['times as text', one({ startTimeUnixNano: '1763622000123456789' }), { startTimeUnixNano: 1763622000123456789n }],
    ['unknown fields', one({ name: 'a', fooBar: [1], start_time_unix_nano: '5' }), { name: 'a', startTimeUnixNano: 0n }],
    ['null for absent', one({ name: null, attributes: null, status: null, kind: null }), { name: '', statusCode: 0, kind: 0 }],
    ['enums as numbers', one({ kind: 3, status: { code: 2 } }), { kind: 3, statusCode: 2 }],
    ['enums as names', one({ kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_ERROR' } }), { kind: 3, statusCode: 2 }],
    ['lone surrogates as U+FFFD', one({ name: 'a\ud800b' }), { name: 'a\ufffdb' }],
  ])('takes %s', (_name, span, expected) => expect(span).toMatchObject(expected))

  it('keeps all digits of times that are written as numbers', () => {
    const text = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE}","spanId":"${SPAN}","startTimeUnixNano":1763622000123456789,"endTimeUnixNano": 1763622000123456790}]}]}]}`
    expect(decodeJson(text).spans[0]).toMatchObject({ startTimeUnixNano: 1763622000123456789n, endTimeUnixNano: 1763622000123456790n })
  })

  it.each([
    [{ intValue: '9223372036854775807' }, 9223372036854775807n],
    [{ intValue: -5 }, -5n],
    [{ intValue: 0 }, 0n],
    [{ doubleValue: 1 }, { double: 1 }],
    [{ doubleValue: 'NaN' }, { double: NaN }],
    [{ doubleValue: '-Infinity' }, { double: -Infinity }],
    [{ boolValue: false }, false],
    [{ stringValue: '' }, ''],
    [{ bytesValue: '/+8=' }, new Uint8Array([255, 239])],
    [{ arrayValue: {} }, []],
    [{ arrayValue: { values: [{ intValue: 1 }, {}] } }, [1n, null]],
    [{ kvlistValue: { values: [{ key: '__proto__', value: { boolValue: true } }] } }, new Map([['__proto__', true]])],
    [{}, null],
    [undefined, null],
    [{ stringValueStrindex: 4 }, null],
  ])('reads value %j', (value, expected) => expect(oneAttribute(value)).toEqual(expected))

  it('takes the last of a key that is given twice', () => {
    expect(
      one({
        attributes: [
          { key: 'k', value: { intValue: 1 } },
          { key: 'k', value: { intValue: 2 } },
        ],
      })?.attributes,
    ).toEqual(new Map([['k', 2n]]))
  })
})

describe('a span that cannot be stored', () => {
  it.each([
    ['no trace id', { traceId: undefined }, 'trace id is not 16 bytes, or all zero'],
    ['a zero trace id', { traceId: '0'.repeat(32) }, 'trace id is not 16 bytes, or all zero'],
    ['a short trace id', { traceId: 'abcd' }, 'trace id is not 16 bytes, or all zero'],
    ['a base64 trace id', { traceId: 'q6urq6urq6urq6urq6urqw==' }, 'traceId is not hex'],
    ['a zero span id', { spanId: '0'.repeat(16) }, 'span id is not 8 bytes, or all zero'],
    ['a long span id', { spanId: 'ab'.repeat(9) }, 'span id is not 8 bytes, or all zero'],
    ['a time that is none', { startTimeUnixNano: 'yesterday' }, 'startTimeUnixNano is not an integer'],
    ['a negative time', { endTimeUnixNano: -1 }, 'endTimeUnixNano is not a time'],
    ['a time beyond 64 bits', { endTimeUnixNano: '18446744073709551616' }, 'endTimeUnixNano is not a time'],
    ['attributes as an object', { attributes: { a: 1 } }, 'attributes is not a list'],
    ['a value that is none', { attributes: [{ key: 'a', value: 'text' }] }, 'a value is not an object'],
    [
      'an integer beyond 64 bits',
      { attributes: [{ key: 'a', value: { intValue: '9223372036854775808' } }] },
      'intValue does not fit into 64 bits',
    ],
  ])('is left out, and its neighbors stay: %s', (_name, wrong, reason) => {
    const good = { traceId: TRACE, spanId: SPAN, name: 'good' }
    const { spans, rejected } = decodeJson(requestOf({ ...good, name: 'bad', ...wrong }, good))
    expect(spans.map((span) => span.name)).toEqual(['good'])
    expect(rejected).toEqual([{ reason, count: 1, sample: 'span "bad"' }])
  })

  it('is left out of protobuf too, counted by reason', () => {
    const zero = { ...ids, traceId: Buffer.alloc(16), name: 'zero' }
    const { spans, rejected } = decodeTraces(protobufOf(zero, ids, zero, { ...ids, spanId: Buffer.alloc(4, 1) }), 'protobuf')
    expect(spans).toHaveLength(1)
    expect(rejected).toEqual([
      { reason: 'trace id is not 16 bytes, or all zero', count: 2, sample: 'span "zero"' },
      { reason: 'span id is not 8 bytes, or all zero', count: 1, sample: 'span ""' },
    ])
  })
})

describe('other signals on the traces path', () => {
  const logRecord = { timeUnixNano: 5, severityNumber: 9, body: { stringValue: 'hello' }, traceId: ids.traceId, spanId: ids.spanId }
  const logs = (record: object) => encodeMessage('ExportLogsServiceRequest', { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] })
  it.each([
    ['logs', 'protobuf', logs(logRecord), 'it holds OTLP logs, not traces'],
    [
      'logs with only an observed time',
      'protobuf',
      logs({ observedTimeUnixNano: 5, body: { stringValue: 'a' } }),
      'it holds OTLP logs, not traces',
    ],
    [
      'logs with only attributes',
      'protobuf',
      logs({ attributes: [{ key: 'a', value: { intValue: 1 } }] }),
      'it holds OTLP logs, not traces',
    ],
    [
      'metrics',
      'protobuf',
      encodeMessage('ExportMetricsServiceRequest', {
        resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', sum: { dataPoints: [{ asDouble: 1 }] } }] }] }],
      }),
      'it does not hold traces: field 7 of a span has wire type 2',
    ],
    ['logs', 'json', json({ resourceLogs: [] }), 'it holds OTLP logs, not traces'],
    ['metrics', 'json', json({ resourceMetrics: [] }), 'it holds OTLP metrics, not traces'],
    ['snake case', 'json', json({ resource_spans: [] }), 'OTLP/JSON field names are lowerCamelCase: resourceSpans, not resource_spans'],
  ] as const)('are refused: %s in %s', (_name, encoding, body, reason) => {
    expect(() => decodeTraces(body, encoding)).toThrow(
      new SeamtraceError('bad_request', `cannot decode OTLP body of ${body.length} bytes: ${reason}`),
    )
  })
})

describe('protobuf', () => {
  it.each([
    ['wire type 6', Buffer.from([0x0e]), 'unexpected wire type 6'],
    ['field number 0', Buffer.from([0x02, 0x00]), 'field number 0'],
    ['a length beyond the end', Buffer.from([0x0a, 0x05, 0x00]), 'it ends in the middle of a field'],
    ['an endless varint', Buffer.from([0x08, ...Array(11).fill(0xff)]), 'varint of more than 10 bytes'],
    ['an end of a group without its start', Buffer.from([0x0c]), 'unexpected wire type 4'],
    ['JSON', json('{"resourceSpans":[]}'), 'it ends in the middle of a field'],
  ])('is refused: %s', (_name, body, reason) => {
    expect(() => decodeTraces(body, 'protobuf')).toThrow(`cannot decode OTLP body of ${body.length} bytes: ${reason}`)
  })

  it('passes over unknown fields and groups of any depth', () => {
    const groups = Buffer.concat([Buffer.alloc(200_000, 0x7b), Buffer.alloc(200_000, 0x7c)])
    const unknown = Buffer.concat([Buffer.from([0x98, 0x06, 0x05]), groups, Buffer.from([0x7d, 1, 2, 3, 4])])
    expect(decodeTraces(Buffer.concat([unknown, protobufOf(ids)]), 'protobuf').spans).toHaveLength(1)
  })

  it('reads invalid UTF-8 as U+FFFD', () => {
    const body = protobufOf({ ...ids, name: 'xyz' })
    body[body.indexOf('xyz') + 1] = 0xff
    expect(decodeTraces(body, 'protobuf').spans[0]?.name).toBe('x\ufffdz')
  })

  it('reads a resource that stands behind its spans', () => {
    const inner = (body: Buffer) => body.subarray(2)
    const spans = inner(protobufOf(ids))
    const resource = inner(
      encodeMessage('ExportTraceServiceRequest', {
        resourceSpans: [{ resource: { attributes: [{ key: 'a', value: { boolValue: true } }] } }],
      }),
    )
    expect(decodeTraces(lengthField(0x0a, spans, resource), 'protobuf').spans[0]?.resource).toEqual(new Map([['a', true]]))
  })
})

describe('a value of many elements', () => {
  // two bytes each on the wire, eight of the room of their value
  const withList = (key: string, elements: number) => {
    const list = lengthField(0x2a, Buffer.from('0a00'.repeat(elements), 'hex'))
    const attribute = lengthField(0x4a, lengthField(0x0a, Buffer.from(key)), lengthField(0x12, list))
    return lengthField(0x0a, lengthField(0x12, lengthField(0x12, lengthField(0x0a, ids.traceId), lengthField(0x12, ids.spanId), attribute)))
  }
  it.each([
    ['k', 32_768, 32_768],
    ['k', 32_769, 32_768],
    ['gen_ai.prompt', 32_769, 32_769],
    ['gen_ai.prompt', 100_000, 100_000],
  ])('under the key %s keeps of %i so many: %i', (key, elements, kept) => {
    const { spans, truncated } = decodeTraces(withList(key, elements), 'protobuf')
    expect(spans[0]?.attributes.get(key)).toHaveLength(kept)
    expect(truncated).toHaveLength(kept < elements ? 1 : 0)
  })
})

describe('values nested deeper than anything real', () => {
  const wrap = {
    list: (inner: object): object => ({ arrayValue: { values: [inner] } }),
    map: (inner: object): object => ({ kvlistValue: { values: [{ key: 'k', value: inner }] } }),
  }
  const inJson = (kind: 'list' | 'map', levels: number) => {
    let value: object = { stringValue: 'core' }
    for (let level = 0; level < levels; level++) value = wrap[kind](value)
    return json(requestOf({ traceId: TRACE, spanId: SPAN, attributes: [{ key: 'a', value }] }))
  }
  // by hand: protobufjs refuses to write a map of 32 levels
  const inProtobuf = (kind: 'list' | 'map', levels: number) => {
    let value = lengthField(0x0a, Buffer.from('core'))
    for (let level = 0; level < levels; level++) {
      value =
        kind === 'list'
          ? lengthField(0x2a, lengthField(0x0a, value))
          : lengthField(0x32, lengthField(0x0a, lengthField(0x0a, Buffer.from('k')), lengthField(0x12, value)))
    }
    const attribute = lengthField(0x4a, lengthField(0x0a, Buffer.from('a')), lengthField(0x12, value))
    return lengthField(0x0a, lengthField(0x12, lengthField(0x12, lengthField(0x0a, ids.traceId), lengthField(0x12, ids.spanId), attribute)))
  }
  const core = (value: unknown): unknown => (Array.isArray(value) ? core(value[0]) : value instanceof Map ? core(value.get('k')) : value)
  const coreOf = (body: Buffer, encoding: 'protobuf' | 'json') => core(decodeTraces(body, encoding).spans[0]?.attributes.get('a'))

  it.each([
    ['list', 32, 'core'],
    ['list', 33, TOO_DEEP],
    ['map', 32, 'core'],
    ['map', 33, TOO_DEEP],
    ['map', 500, TOO_DEEP],
  ] as const)('are cut off: %s × %d', (kind, levels, expected) => {
    expect(coreOf(inProtobuf(kind, levels), 'protobuf')).toBe(expected)
    expect(coreOf(inJson(kind, levels), 'json')).toBe(expected)
  })

  it('are no harm at any depth', () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(20_000)}{}${']}}'.repeat(20_000)}`
    expect(coreOf(Buffer.from(inJson('list', 0).toString().replace('{"stringValue":"core"}', deep)), 'json')).toBe(TOO_DEEP)
    expect(coreOf(inProtobuf('list', 3_000), 'protobuf')).toBe(TOO_DEEP)
  })
})

function lengthField(tag: number, ...parts: Buffer[]): Buffer {
  const bytes = Buffer.concat(parts)
  const size: number[] = []
  let rest = bytes.length
  for (; rest > 127; rest >>>= 7) size.push((rest & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([tag, ...size, rest]), bytes])
}

describe('malformed bodies', () => {
  // Either decoded or refused as a bad request: never another error, never a hang.
  const decodesOrRefuses = (body: Uint8Array, encoding: 'protobuf' | 'json') => {
    try {
      decodeTraces(body, encoding)
    } catch (error) {
      if (!(error instanceof SeamtraceError) || error.code !== 'bad_request') throw error
    }
  }

  it('of random bytes never do harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        decodesOrRefuses(body, 'protobuf')
        decodesOrRefuses(body, 'json')
      }),
      { numRuns: 3_000 },
    )
  })

  it('of damaged spans never do harm', () => {
    const [first, second] = fc.sample(arbitrarySpan, { numRuns: 2, seed: 3 })
    for (const [body, encoding] of [
      [spansToProtobuf([first!, second!]), 'protobuf'],
      [spansToJson([first!, second!]), 'json'],
    ] as const) {
      fc.assert(
        fc.property(fc.nat(body.length - 1), fc.nat(255), fc.nat(body.length), (at, byte, length) => {
          const damaged = Buffer.from(body)
          damaged[at] = byte
          decodesOrRefuses(damaged.subarray(0, Math.max(length, at)), encoding)
          decodesOrRefuses(damaged, encoding)
        }),
        { numRuns: 1_500 },
      )
    }
  })

  it('of any JSON never do harm', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        decodesOrRefuses(json({ resourceSpans: value }), 'json')
        decodesOrRefuses(
          json({
            resourceSpans: [
              {
                resource: value,
                scopeSpans: [
                  { scope: value, spans: [value, { traceId: TRACE, spanId: SPAN, attributes: [value], events: [value], status: value }] },
                ],
              },
            ],
          }),
          'json',
        )
      }),
      { numRuns: 1_000 },
    )
  })
})
