// Writes OTLP for the tests by an independent way: protobufjs with the messages as text, and plain JSON.
import type { Attributes, AttributeValue, Span } from '@seamtrace/schema'
import protobuf from 'protobufjs'
import { attributesToJson } from './any-value-json.ts'

// a map of 32 levels is 99 messages deep, and the span is around it
Object.assign(protobuf.util, { recursionLimit: 200 })

const { root } = protobuf.parse(`
syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; uint32 dropped_attributes_count = 5; fixed32 flags = 6; }
message Status { string message = 2; int32 code = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; fixed32 flags = 16; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
  repeated Event events = 11; uint32 dropped_events_count = 12; repeated Link links = 13; uint32 dropped_links_count = 14; Status status = 15;
}
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message PartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
message ExportTraceServiceResponse { PartialSuccess partial_success = 1; }
message Any { string type_url = 1; bytes value = 2; }
message RpcStatus { int32 code = 1; string message = 2; repeated Any details = 3; }
message LogRecord { fixed64 time_unix_nano = 1; fixed64 observed_time_unix_nano = 11; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5; repeated KeyValue attributes = 6; uint32 dropped_attributes_count = 7; fixed32 flags = 8; bytes trace_id = 9; bytes span_id = 10; string event_name = 12; }
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; string schema_url = 3; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; string schema_url = 3; }
message ExportLogsServiceRequest { repeated ResourceLogs resource_logs = 1; }
message NumberDataPoint { repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; oneof value { double as_double = 4; sfixed64 as_int = 6; } uint32 flags = 8; }
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message HistogramDataPoint { repeated KeyValue attributes = 9; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; uint32 flags = 10; optional double min = 11; optional double max = 12; }
message Histogram { repeated HistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
message ExponentialHistogramDataPoint { repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5; sint32 scale = 6; fixed64 zero_count = 7; Buckets positive = 8; Buckets negative = 9; uint32 flags = 10; optional double min = 12; optional double max = 13; double zero_threshold = 14; }
message ExponentialHistogram { repeated ExponentialHistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message SummaryDataPoint { fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5; }
message Summary { repeated SummaryDataPoint data_points = 1; }
message Metric { string name = 1; string description = 2; string unit = 3; Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; ExponentialHistogram exponential_histogram = 10; Summary summary = 11; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message ExportMetricsServiceRequest { repeated ResourceMetrics resource_metrics = 1; }
`)

type Message =
  | 'ExportTraceServiceRequest'
  | 'ExportLogsServiceRequest'
  | 'ExportMetricsServiceRequest'
  | 'ExportTraceServiceResponse'
  | 'RpcStatus'

/** Field names in lowerCamelCase, as protobufjs has them. */
export const encodeMessage = (name: Message, fields: object): Buffer =>
  Buffer.from(root.lookupType(name).encode(root.lookupType(name).fromObject(fields)).finish())

export const decodeMessage = (name: Message, bytes: Uint8Array): Record<string, unknown> => {
  const type = root.lookupType(name)
  return type.toObject(type.decode(bytes), { longs: String })
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex')

function anyValue(value: AttributeValue): object {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  // text: protobufjs takes 64-bit integers as numbers or as decimal text
  if (typeof value === 'bigint') return { intValue: value.toString() }
  if (value instanceof Uint8Array) return { bytesValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  if (value instanceof Map) return { kvlistValue: { values: keyValues(value) } }
  return { doubleValue: value.double }
}

const keyValues = (attributes: Attributes): object[] => Array.from(attributes, ([key, value]) => ({ key, value: anyValue(value) }))

/** Every span in its own resource and scope, as protobuf. */
export const spansToProtobuf = (spans: readonly Span[]): Buffer =>
  encodeMessage('ExportTraceServiceRequest', { resourceSpans: spans.map((span) => resourceSpans(span, keyValues, bytesOf)) })

/** Every span in its own resource and scope, as JSON. */
export const spansToJson = (spans: readonly Span[]): Buffer =>
  Buffer.from(JSON.stringify({ resourceSpans: spans.map((span) => resourceSpans(span, attributesToJson, (hex) => hex)) }))

function resourceSpans(span: Span, list: (attributes: Attributes) => object[], id: (hex: string) => Buffer | string): object {
  return {
    resource: { attributes: list(span.resource) },
    schemaUrl: span.resourceSchemaUrl,
    scopeSpans: [
      {
        scope: { name: span.scopeName, version: span.scopeVersion, attributes: list(span.scopeAttributes) },
        schemaUrl: span.scopeSchemaUrl,
        spans: [
          {
            traceId: id(span.traceId),
            spanId: id(span.spanId),
            parentSpanId: id(span.parentSpanId),
            traceState: span.traceState,
            flags: span.flags,
            name: span.name,
            kind: span.kind,
            startTimeUnixNano: span.startTimeUnixNano.toString(),
            endTimeUnixNano: span.endTimeUnixNano.toString(),
            status: { code: span.statusCode, message: span.statusMessage },
            attributes: list(span.attributes),
            events: span.events.map((event) => ({
              ...event,
              timeUnixNano: event.timeUnixNano.toString(),
              attributes: list(event.attributes),
            })),
            links: span.links.map((link) => ({
              ...link,
              traceId: id(link.traceId),
              spanId: id(link.spanId),
              attributes: list(link.attributes),
            })),
            droppedAttributesCount: span.droppedAttributesCount,
            droppedEventsCount: span.droppedEventsCount,
            droppedLinksCount: span.droppedLinksCount,
          },
        ],
      },
    ],
  }
}
