// The stock OpenTelemetry exporters of JavaScript, compressed and not: what they send is stored as it was.
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestReceivers, type TestReceivers } from './receivers.fixture.ts'

let target: TestReceivers
beforeAll(async () => {
  target = await startTestReceivers()
})
afterAll(() => target.close())

const start: HrTime = [1_763_600_000, 123_456_789]
const end: HrTime = [1_763_600_001, 987_654_321]
const resource = resourceFromAttributes({ 'service.name': 'stock', 'process.pid': 42, flag: true })

/** One of everything that the API can express. */
const richSpans = async (exporter: SpanExporter): Promise<string> => {
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] })
  const tracer = provider.getTracer('scope', '1.2.3', { schemaUrl: 'https://schema' })
  const linked = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: TraceFlags.SAMPLED }
  const span = tracer.startSpan('rich', {
    kind: SpanKind.CLIENT,
    startTime: start,
    root: true,
    attributes: { text: 'é\u0000"', int: 7, double: 1.5, yes: true, texts: ['a', 'b'], numbers: [1, 2.5], none: [], __proto__x: 1 },
    links: [{ context: linked, attributes: { why: 'retry' } }],
  })
  span.addEvent('event', { at: 'once', n: 1 }, start)
  span.recordException(new TypeError('bad'), start)
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'it failed' })
  span.end(end)
  await provider.forceFlush()
  await provider.shutdown()
  return span.spanContext().traceId
}

const EXPORTERS: [string, (compression: CompressionAlgorithm) => SpanExporter][] = [
  ['http/protobuf', (compression) => new ProtobufExporter({ url: `${target.httpUrl}/v1/traces`, compression })],
  ['http/json', (compression) => new JsonExporter({ url: `${target.httpUrl}/v1/traces`, compression })],
  ['grpc', (compression) => new GrpcExporter({ url: `http://${target.grpcAddress}`, compression })],
]

describe.each([CompressionAlgorithm.NONE, CompressionAlgorithm.GZIP])('compression %s', (compression) => {
  it.each(EXPORTERS)('%s', async (_name, create) => {
    const traceId = await richSpans(create(compression))
    const [span, ...others] = await target.spansOf([traceId])
    expect(others).toEqual([])
    expect(span).toMatchObject({
      name: 'rich',
      kind: 3,
      parentSpanId: '',
      startTimeUnixNano: 1_763_600_000_123_456_789n,
      endTimeUnixNano: 1_763_600_001_987_654_321n,
      statusCode: 2,
      statusMessage: 'it failed',
      service: 'stock',
      scopeName: 'scope',
      scopeVersion: '1.2.3',
      links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), attributes: new Map([['why', 'retry']]) }],
    })
    expect(span?.attributes).toEqual(
      new Map<string, unknown>([
        ['text', 'é\u0000"'],
        ['int', 7n],
        ['double', { double: 1.5 }],
        ['yes', true],
        ['texts', ['a', 'b']],
        ['numbers', [1n, { double: 2.5 }]],
        ['none', []],
        ['__proto__x', 1n],
      ]),
    )
    expect(span?.resource).toEqual(
      new Map<string, unknown>([
        ['service.name', 'stock'],
        ['process.pid', 42n],
        ['flag', true],
      ]),
    )
    expect(span?.events.map((event) => event.name)).toEqual(['event', 'exception'])
    expect(span?.events[0]).toMatchObject({
      timeUnixNano: 1_763_600_000_123_456_789n,
      attributes: new Map<string, unknown>([
        ['at', 'once'],
        ['n', 1n],
      ]),
    })
    expect(span?.events[1]?.attributes.get('exception.type')).toBe('TypeError')
  })

  it('logs', async () => {
    const exporter = new OTLPLogExporter({ url: `${target.httpUrl}/v1/logs`, compression })
    const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] })
    provider
      .getLogger('scope')
      .emit({ eventName: 'seamtrace.heartbeat', body: { a: [1, 'x'] }, severityNumber: 9, timestamp: start, attributes: { compression } })
    await provider.forceFlush()
    await provider.shutdown()
    const rows = await target.rows<{ body: string }>(
      `SELECT body FROM log_records WHERE event_name = 'seamtrace.heartbeat' AND attributes['compression'] = '${compression}' AND severity_number = 9 AND service = 'stock'`,
    )
    expect(rows.map(({ body }) => JSON.parse(body))).toEqual([
      { kvlistValue: { values: [{ key: 'a', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'x' }] } } }] } },
    ])
  })
})
