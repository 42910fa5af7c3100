// What an endpoint of the HTTP API declares of itself, and what all of them answer alike: pages and problems.
import { z } from 'zod'
import type { Role } from './role.ts'

export const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const
export type Method = (typeof METHODS)[number]

export type Endpoint = {
  /** GET when absent */
  method?: Method
  /** below `/api/v1` */
  path: string
  /** what a caller must be allowed; there is no endpoint without */
  role: Exclude<Role, 'ingest'>
  summary: string
  params: z.ZodObject
  query: z.ZodObject
  /** as JSON; only of POST and PUT */
  body?: z.ZodObject
  response: z.ZodType
}

export const Page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() })

/** RFC 9457. `parameters` names those at fault. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  parameters: z.array(z.string()).optional(),
})
export type Problem = z.infer<typeof Problem>
