// Of metrics only the GenAI usage is stored; all others are counted by name.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { metrics, START } from './cases.ts'
import { startTestReceivers, type TestReceivers } from './receivers.fixture.ts'
import { send, TRANSPORTS } from './transports.ts'

let target: TestReceivers
beforeAll(async () => {
  target = await startTestReceivers()
})
afterAll(() => target.close())

const attributes = (transport: string) => [
  { key: 'gen_ai.request.model', value: { stringValue: transport } },
  { key: 'n', value: { intValue: '1' } },
]
const times = { startTimeUnixNano: '1763599990000000000', timeUnixNano: START, flags: 1 }

const requestOf = (transport: string) =>
  metrics(
    {
      name: 'gen_ai.client.token.usage',
      unit: '{token}',
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            ...times,
            attributes: attributes(transport),
            count: '3',
            sum: 60.5,
            min: 1,
            max: 50,
            bucketCounts: ['1', '2', '0'],
            explicitBounds: [4, 64],
          },
        ],
      },
    },
    {
      name: 'gen_ai.client.operation.duration',
      unit: 's',
      exponentialHistogram: {
        aggregationTemporality: 2,
        dataPoints: [
          {
            ...times,
            attributes: attributes(transport),
            count: '6',
            sum: 7,
            scale: 0,
            zeroCount: '1',
            zeroThreshold: 0.001,
            positive: { offset: 1, bucketCounts: ['2', '3'] },
          },
        ],
      },
    },
    {
      name: 'gen_ai.client.inference.usage.input_tokens',
      unit: '{token}',
      sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...times, attributes: attributes(transport), asInt: '12345' }] },
    },
    {
      name: 'gen_ai.client.inference.usage.output_tokens',
      gauge: {
        dataPoints: [
          { ...times, attributes: attributes(transport), asDouble: 0.5 },
          { ...times, timeUnixNano: '5', attributes: attributes(transport), asDouble: 0.5 },
        ],
      },
    },
    { name: 'http.server.request.duration', gauge: { dataPoints: [{ ...times, asDouble: 1 }] } },
  )

it.each(TRANSPORTS)('%s', async (transport) => {
  const request = requestOf(transport)
  // twice: a resend replaces itself
  for (const gzip of [false, true])
    expect(await send(target, transport, 'metrics', request, gzip)).toEqual({ status: 200, code: 0, rejected: 0, message: '' })
  const rows = await target.rows(
    `SELECT name, unit, kind, temporality, monotonic, toString(start_unix_nano) AS start, value, count, sum, min, max, bounds, bucket_counts, flags, attributes_typed['n'] AS n
     FROM genai_metrics FINAL WHERE attributes['gen_ai.request.model'] = '${transport}' ORDER BY name, time_unix_nano`,
  )
  const common = { start: '1763599990000000000', flags: 1, n: '{"intValue":"1"}' }
  const none = { value: null, count: 0, sum: null, min: null, max: null, bounds: [], bucket_counts: [] }
  const gauge = {
    ...common,
    ...none,
    name: 'gen_ai.client.inference.usage.output_tokens',
    unit: '',
    kind: 'gauge',
    temporality: 0,
    monotonic: false,
    value: 0.5,
  }
  expect(rows).toEqual([
    {
      ...common,
      ...none,
      name: 'gen_ai.client.inference.usage.input_tokens',
      unit: '{token}',
      kind: 'sum',
      temporality: 2,
      monotonic: true,
      value: 12345,
    },
    gauge,
    gauge,
    {
      ...common,
      ...none,
      name: 'gen_ai.client.operation.duration',
      unit: 's',
      kind: 'exponential_histogram',
      temporality: 2,
      monotonic: false,
      count: 6,
      sum: 7,
      bounds: [2, 4, 8],
      bucket_counts: [1, 2, 3, 0],
    },
    {
      ...common,
      ...none,
      name: 'gen_ai.client.token.usage',
      unit: '{token}',
      kind: 'histogram',
      temporality: 1,
      monotonic: false,
      count: 3,
      sum: 60.5,
      min: 1,
      max: 50,
      bounds: [4, 64],
      bucket_counts: [1, 2, 0],
    },
  ])
})

it('counts all of them by name', () => {
  expect(target.counts().metrics).toEqual({
    points: 36,
    storedPoints: 30,
    rejectedPoints: 0,
    names: expect.arrayContaining([
      { name: 'gen_ai.client.inference.usage.output_tokens', points: 12 },
      { name: 'http.server.request.duration', points: 6 },
    ]),
  })
})
