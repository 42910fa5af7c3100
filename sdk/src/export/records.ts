// Records that the SDK itself sends, as OTLP log records with an event name.
import { hrTime } from '@opentelemetry/core'
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer'
import type { ExportRequest } from './request.ts'

type LogRecord = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number]
export type SdkRecord = Pick<LogRecord, 'eventName' | 'attributes' | 'resource'> & Partial<Pick<LogRecord, 'spanContext'>>

const SCOPE = { name: '@seamtrace/sdk' }

/** Undefined when the attributes are nothing that can be written. */
export const recordsRequest = (records: readonly SdkRecord[]): ExportRequest | undefined => {
  const now = hrTime()
  const body = ProtobufLogsSerializer.serializeRequest(
    records.map((record) => ({ ...record, hrTime: now, hrTimeObserved: now, instrumentationScope: SCOPE, droppedAttributesCount: 0 })),
  )
  return body && { signal: 'logs', body, items: records.length }
}
