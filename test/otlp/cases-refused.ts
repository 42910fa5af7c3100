// Whole requests that are refused, and odd ones that are not: what only one transport can say.
import { gzipSync } from 'node:zlib'
import { traces } from './cases.ts'
import { type Answer, toJson, toProtobuf } from './transports.ts'

export type HttpCase = {
  name: string
  path?: string
  method?: string
  headers: Record<string, string>
  body: Buffer
  answer: Partial<Omit<Answer, 'message'>> & { message?: RegExp }
}

export const PROTOBUF = { 'content-type': 'application/x-protobuf' }
export const JSON_TYPE = { 'content-type': 'application/json' }
export const GZIP = { 'content-encoding': 'gzip' }
const TRACE = 'ee'.repeat(16)
const good = traces(TRACE, {})
const json = toJson(good)
const protobuf = toProtobuf('traces', good)
const text = (value: string): Buffer => Buffer.from(value)
const spanOf = (span: string): Buffer => text(`{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`)
const one = (fields: string): Buffer => spanOf(`{"traceId":"${TRACE}","spanId":"b7ad6b7169203331",${fields}}`)
const BAD = { status: 400, code: 3 }
const OK = { status: 200, code: 0, rejected: 0, message: /^$/ }
const LEFT_OUT = { status: 200, rejected: 1 }

const inJson = (name: string, body: Buffer, answer: HttpCase['answer']): HttpCase => ({
  name: `JSON: ${name}`,
  headers: JSON_TYPE,
  body,
  answer,
})
const inProtobuf = (name: string, hex: string, answer: HttpCase['answer']): HttpCase => ({
  name: `protobuf: ${name}`,
  headers: PROTOBUF,
  body: Buffer.from(hex, 'hex'),
  answer,
})
const headers = (name: string, given: Record<string, string>, body: Buffer, answer: HttpCase['answer']): HttpCase => ({
  name: `headers: ${name}`,
  headers: given,
  body,
  answer,
})
const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '5', body: { stringValue: 'a' } }] }] }] }
const metrics = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', sum: { dataPoints: [{ asDouble: 1 }] } }] }] }] }

export const httpCases: HttpCase[] = [
  headers('a charset', { 'content-type': 'application/json; charset=utf-8' }, json, OK),
  headers('odd case', { 'content-type': 'Application/X-Protobuf' }, protobuf, OK),
  headers('spaces', { 'content-type': ' application/json ;x=y' }, json, OK),
  headers('identity', { ...JSON_TYPE, 'content-encoding': 'identity' }, json, OK),
  headers('GZIP', { ...JSON_TYPE, 'content-encoding': 'GZIP' }, gzipSync(json), OK),
  headers('a gzip of two members', { ...PROTOBUF, ...GZIP }, Buffer.concat([gzipSync(protobuf), gzipSync(protobuf)]), OK),
  headers('no content type', {}, json, { status: 415, code: 3, message: /cannot read Content-Type ""/ }),
  headers('text/plain', { 'content-type': 'text/plain' }, json, { status: 415, code: 3 }),
  headers('application/protobuf', { 'content-type': 'application/protobuf' }, protobuf, { status: 415, code: 3 }),
  headers('deflate', { ...JSON_TYPE, 'content-encoding': 'deflate' }, json, { status: 415, code: 3 }),
  headers('br', { ...JSON_TYPE, 'content-encoding': 'br' }, json, { status: 415, code: 3 }),
  headers('zstd', { ...PROTOBUF, 'content-encoding': 'zstd' }, protobuf, { status: 415, code: 3 }),
  headers('two encodings', { ...PROTOBUF, 'content-encoding': 'gzip, gzip' }, protobuf, { status: 415, code: 3 }),
  headers('gzip that is none', { ...PROTOBUF, ...GZIP }, protobuf, {
    ...BAD,
    message: /cannot inflate body of \d+ bytes: incorrect header check/,
  }),
  headers('gzip that is cut', { ...PROTOBUF, ...GZIP }, gzipSync(protobuf).subarray(0, -9), { ...BAD, message: /unexpected end of file/ }),
  headers('gzip with a wrong checksum', { ...PROTOBUF, ...GZIP }, Buffer.concat([gzipSync(protobuf).subarray(0, -8), Buffer.alloc(8)]), {
    ...BAD,
    message: /incorrect data check/,
  }),
  headers('gzip twice', { ...JSON_TYPE, ...GZIP }, gzipSync(gzipSync(json)), BAD),
  headers('an empty gzip', { ...PROTOBUF, ...GZIP }, gzipSync(Buffer.alloc(0)), OK),
  headers('no bytes at all as gzip', { ...PROTOBUF, ...GZIP }, Buffer.alloc(0), BAD),
  headers('a ratio beyond 200', { ...JSON_TYPE, ...GZIP }, gzipSync(Buffer.alloc(8 * 1024 * 1024, 0x20)), { status: 413, code: 8 }),
  headers('a high ratio of little', { ...JSON_TYPE, ...GZIP }, gzipSync(Buffer.concat([Buffer.alloc(900_000, 0x20), json])), OK),
  inJson('no bytes at all', Buffer.alloc(0), BAD),
  inJson('a broken text', text('{'), BAD),
  inJson('a list', text('[]'), { ...BAD, message: /the body is not an object/ }),
  inJson('null', text('null'), BAD),
  inJson('a byte order mark', Buffer.concat([text('\ufeff'), json]), OK),
  inJson(
    'invalid UTF-8 in a name',
    Buffer.concat([
      text('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"'),
      text(TRACE),
      text('","spanId":"b7ad6b7169203331","name":"'),
      Buffer.from([0xff, 0xfe]),
      text('"}]}]}]}'),
    ]),
    OK,
  ),
  inJson('a lone surrogate', one('"name":"a\\ud800b"'), OK),
  inJson('unknown fields', one('"name":"a","futureField":{"x":[1]}'), OK),
  inJson(
    'null for everything optional',
    one('"name":null,"attributes":null,"events":null,"links":null,"status":null,"kind":null,"endTimeUnixNano":null'),
    OK,
  ),
  inJson('resource null', text('{"resourceSpans":[{"resource":null,"scopeSpans":null}]}'), OK),
  inJson('ids in upper case', text(json.toString().replaceAll(TRACE, TRACE.toUpperCase())), OK),
  inJson('times as numbers', one('"startTimeUnixNano":1763622000123456789,"endTimeUnixNano":1763622000123456790'), OK),
  inJson('enums as names', one('"kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"}'), OK),
  inJson('snake case', text('{"resource_spans":[]}'), { ...BAD, message: /lowerCamelCase: resourceSpans, not resource_spans/ }),
  inJson('logs on the traces path', toJson(logs), { ...BAD, message: /it holds OTLP logs, not traces/ }),
  inJson('metrics on the traces path', toJson(metrics), { ...BAD, message: /it holds OTLP metrics, not traces/ }),
  { ...inJson('traces on the logs path', json, { ...BAD, message: /it holds OTLP traces, not logs/ }), path: '/v1/logs' },
  { ...inJson('traces on the metrics path', json, { ...BAD, message: /it holds OTLP traces, not metrics/ }), path: '/v1/metrics' },
  inJson('resourceSpans as an object', text('{"resourceSpans":{}}'), { ...BAD, message: /resourceSpans is not a list/ }),
  inJson('a span that is a number', spanOf('5'), BAD),
  inJson('a base64 id', spanOf('{"traceId":"q6urq6urq6urq6urq6urqw==","spanId":"b7ad6b7169203331"}'), {
    ...LEFT_OUT,
    message: /traceId is not hex/,
  }),
  inJson('an id as a number', spanOf('{"traceId":5,"spanId":"b7ad6b7169203331"}'), { ...LEFT_OUT, message: /traceId is not a text/ }),
  inJson('a negative time', one('"startTimeUnixNano":-1'), { ...LEFT_OUT, message: /startTimeUnixNano is not a time/ }),
  inJson('a time beyond 64 bits', one('"endTimeUnixNano":"18446744073709551616"'), {
    ...LEFT_OUT,
    message: /endTimeUnixNano is not a time/,
  }),
  inJson('an integer beyond 64 bits', one('"attributes":[{"key":"a","value":{"intValue":"9223372036854775808"}}]'), {
    ...LEFT_OUT,
    message: /intValue does not fit/,
  }),
  inJson('attributes as an object', one('"attributes":{"a":1}'), { ...LEFT_OUT, message: /attributes is not a list/ }),
  inJson('a key that is a number', one('"attributes":[{"key":5}]'), { ...LEFT_OUT, message: /key is not a text/ }),
  inJson('a boolean that is a text', one('"attributes":[{"key":"a","value":{"boolValue":"true"}}]'), LEFT_OUT),
  inJson('a name of an enum that nobody knows', one('"kind":"SPAN_KIND_FOO"'), LEFT_OUT),
  {
    ...inJson(
      'a log of which the time is none',
      text('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"yesterday"},{}]}]}]}'),
      { status: 200, rejected: 1, message: /timeUnixNano is not an integer/ },
    ),
    path: '/v1/logs',
  },
  {
    ...inJson(
      'a metric of which the data is a text',
      text('{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","sum":"x"}]}]}]}'),
      { status: 200, rejected: 1, message: /sum is not an object/ },
    ),
    path: '/v1/metrics',
  },
  inProtobuf('no bytes at all', '', OK),
  inProtobuf('an unexpected wire type', '0e', { ...BAD, message: /cannot decode OTLP body of 1 bytes: unexpected wire type 6/ }),
  inProtobuf('field number 0', '0000', { ...BAD, message: /field number 0/ }),
  inProtobuf('an end inside a field', '0a05', { ...BAD, message: /it ends in the middle of a field/ }),
  inProtobuf('a length of more than 32 bits', '0affffffffff01', { ...BAD, message: /length of more than 32 bits/ }),
  inProtobuf('an endless varint', '08ffffffffffffffffffff01', { ...BAD, message: /varint of more than 10 bytes/ }),
  inProtobuf('unknown fields of every wire type', '9001017a0141fd0901020304a1010102030405060708', { ...OK }),
  inProtobuf('an unknown group', 'a30108010aa4010a00', BAD),
  {
    ...inProtobuf('logs on the traces path', toProtobuf('logs', logs).toString('hex'), {
      ...BAD,
      message: /it holds OTLP logs, not traces/,
    }),
  },
  {
    ...inProtobuf('traces on the logs path', protobuf.toString('hex'), { ...BAD, message: /it holds OTLP traces or metrics, not logs/ }),
    path: '/v1/logs',
  },
  {
    ...inProtobuf('metrics on the logs path', toProtobuf('metrics', metrics).toString('hex'), { ...BAD, message: /not logs/ }),
    path: '/v1/logs',
  },
  { ...inProtobuf('traces on the metrics path', protobuf.toString('hex'), { ...BAD, message: /not metrics/ }), path: '/v1/metrics' },
  {
    ...inProtobuf('logs on the metrics path', toProtobuf('logs', logs).toString('hex'), { ...BAD, message: /not metrics/ }),
    path: '/v1/metrics',
  },
  { name: 'path: another', path: '/traces', headers: JSON_TYPE, body: json, answer: { status: 404, code: 5 } },
  { name: 'path: a trailing word', path: '/v1/traces/x', headers: JSON_TYPE, body: json, answer: { status: 404, code: 5 } },
  { name: 'path: one that cannot be decoded', path: '/%ff', headers: JSON_TYPE, body: json, answer: { status: 404, code: 5 } },
  ...['GET', 'PUT', 'DELETE', 'PATCH'].map(
    (method): HttpCase => ({
      name: `method: ${method}`,
      method,
      headers: {},
      body: Buffer.alloc(0),
      answer: { status: 405, code: 12, message: /use POST/ },
    }),
  ),
]
