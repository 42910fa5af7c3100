// Logs and metrics.
import { type Case, logs, metrics, SPAN_ID, START } from './cases.ts'

const stored = (name: string, sent: object, expected: NonNullable<Case['logs']>[number]): Case => ({
  name: `log: ${name}`,
  signal: 'logs',
  request: (traceId) => logs(traceId, sent),
  answer: { status: 200, rejected: 0, message: '' },
  logs: [expected],
})

export const logCases: Case[] = [
  stored(
    'times',
    { timeUnixNano: '1763600000123456789', observedTimeUnixNano: '1763600000123456790' },
    { timeUnixNano: 1763600000123456789n, observedTimeUnixNano: 1763600000123456790n },
  ),
  stored(
    'without a time of its own',
    { timeUnixNano: '0', observedTimeUnixNano: START },
    { timeUnixNano: 0n, observedTimeUnixNano: BigInt(START) },
  ),
  stored('severity', { severityNumber: 17, severityText: 'ERROR' }, { severityNumber: 17, severityText: 'ERROR' }),
  stored(
    'an event',
    { eventName: 'gen_ai.client.inference.operation.details' },
    { eventName: 'gen_ai.client.inference.operation.details' },
  ),
  stored(
    'a started record',
    { eventName: 'seamtrace.span.started', attributes: [{ key: 'seamtrace.run.id', value: { stringValue: 'r' } }] },
    { eventName: 'seamtrace.span.started', attributes: new Map([['seamtrace.run.id', 'r']]) },
  ),
  stored('flags and dropped count', { flags: 1, droppedAttributesCount: 9 }, { flags: 1, droppedAttributesCount: 9 }),
  stored('without a span', { spanId: '' }, { spanId: '' }),
  stored('with a span id of zeros', { spanId: '0'.repeat(16) }, { spanId: '' }),
  stored('without a body', {}, { body: null }),
  {
    name: 'log: a span id that is none is left out and told about',
    signal: 'logs',
    request: (traceId) => logs(traceId, { spanId: 'abcd' }),
    answer: { status: 200, rejected: 0, message: /span id of a log record is not 8 bytes: left out/ },
    logs: [{ spanId: '' }],
  },
  {
    name: 'log: the same record twice is stored once, another beside it',
    signal: 'logs',
    request: (traceId) => logs(traceId, { body: { stringValue: 'a' } }, { body: { stringValue: 'a' } }, { body: { stringValue: 'b' } }),
    logs: [{}, {}],
  },
  {
    name: 'log: resource and scope',
    signal: 'logs',
    request: (traceId) => ({
      resourceLogs: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 's' } }] },
          schemaUrl: 'https://r',
          scopeLogs: [{ scope: { name: 'n', version: '2' }, schemaUrl: 'https://s', logRecords: [{ traceId, spanId: SPAN_ID }] }],
        },
      ],
    }),
    logs: [
      {
        resource: new Map([['service.name', 's']]),
        scopeName: 'n',
        scopeVersion: '2',
        resourceSchemaUrl: 'https://r',
        scopeSchemaUrl: 'https://s',
      },
    ],
  },
  { name: 'log: nothing', signal: 'logs', request: () => ({}), answer: { status: 200, rejected: 0, message: '' } },
  {
    name: 'log: no records',
    signal: 'logs',
    request: () => ({ resourceLogs: [{ scopeLogs: [{}] }] }),
    answer: { status: 200, rejected: 0, message: '' },
  },
]

const point = { timeUnixNano: START, asDouble: 1.5 }
const taken = (name: string, ...list: object[]): Case => ({
  name: `metric: ${name}`,
  signal: 'metrics',
  request: () => metrics(...list),
  answer: { status: 200, code: 0, rejected: 0, message: '' },
})

export const metricCases: Case[] = [
  taken('nothing'),
  taken('a metric without data', { name: 'empty' }),
  taken('a gauge', { name: 'g', gauge: { dataPoints: [point] } }),
  taken('a sum', { name: 's', sum: { dataPoints: [point, point], aggregationTemporality: 2, isMonotonic: true } }),
  taken('a histogram', {
    name: 'h',
    histogram: {
      dataPoints: [{ timeUnixNano: START, count: '3', sum: 6, bucketCounts: ['1', '2'], explicitBounds: [2] }],
      aggregationTemporality: 1,
    },
  }),
  taken('an exponential histogram', {
    name: 'x',
    exponentialHistogram: {
      dataPoints: [{ timeUnixNano: START, count: '3', scale: 1, zeroCount: '1', positive: { offset: -1, bucketCounts: ['1', '1'] } }],
    },
  }),
  taken('a summary', { name: 'q', summary: { dataPoints: [{ timeUnixNano: START, count: '3', sum: 6 }] } }),
  taken('a metric with a hostile name', { name: '__proto__', gauge: { dataPoints: [point] } }),
  taken('2,000 names', ...Array.from({ length: 2_000 }, (_, index) => ({ name: `n${index}`, gauge: { dataPoints: [point] } }))),
]
