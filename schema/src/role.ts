// What a key may do.
import { z } from 'zod'

/** `ingest` sends telemetry and reads nothing; `read` asks; `admin` asks, and manages keys and projects. */
export const ROLES = ['ingest', 'read', 'admin'] as const
export const Role = z.enum(ROLES)
export type Role = z.infer<typeof Role>
