// The identity of records that carry no id: a hash over all that was sent, the same however often and by whichever encoding it comes.
import { hash } from 'node:crypto'

/** 16 bytes as hex: among a billion records a day, two that differ meet once in 10^20 days. */
export const identityOf = (row: Record<string, unknown>): string => hash('sha256', JSON.stringify(row, canonical), 'hex').slice(0, 32)

/** The keys of maps in one order: what is equal must hash alike. */
const canonical = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : value
