// The endpoint that shows log records: those of a trace, or of one span of it.
import { z } from 'zod'
import { type Endpoint, Page } from './endpoint.ts'

const Json = z.record(z.string(), z.unknown())

export const LogSummary = z.object({
  traceId: z.string(),
  /** '' for one that points at no span */
  spanId: z.string(),
  timeUnixNano: z.string(),
  severityText: z.string(),
  severityNumber: z.int(),
  /** '' for a record that is no event */
  eventName: z.string(),
  scopeName: z.string(),
  service: z.string(),
  body: z.unknown(),
  attributes: Json,
  /** values of more than 16 KiB: texts are cut there, others left out */
  isCut: z.boolean(),
})
export type LogSummary = z.infer<typeof LogSummary>

export const LOG_ENDPOINTS = {
  traceLogs: {
    path: '/traces/:traceId/logs',
    role: 'read',
    summary: 'The log records of a trace or of one span of it, by time',
    params: z.object({ traceId: z.string().regex(/^[0-9a-f]{32}$/) }),
    query: z.object({
      spanId: z
        .string()
        .regex(/^[0-9a-f]{16}$/)
        .optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      cursor: z
        .string()
        .regex(/^\d{1,19}\.[0-9a-f]{32}$/, 'take it from nextCursor of the page before')
        .optional(),
    }),
    response: Page(LogSummary),
  },
} as const satisfies Record<string, Endpoint>
