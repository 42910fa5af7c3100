// Fingerprint of a failure: equal for failures that differ only in ids, numbers and quoted values.
import type { FailureKind } from '@seamtrace/schema'

/** Takes ids, numbers, addresses and quoted text out of a message, so that what is left tells the fault. */
export const normalizeMessage = (message: string): string =>
  message
    .slice(0, 500)
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{13,22}\b/gi, '<id>')
    .replace(/\bhttps?:\/\/\S+/gi, '<url>')
    .replace(/"[^"]{0,200}"|'[^']{0,200}'|`[^`]{0,200}`/g, '<text>')
    .replace(/\b(?=[\w-]*\d)[\w-]{6,}\b/g, '<id>')
    .replace(/\d+(\.\d+)?/g, '<n>')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()

/** 64-bit FNV-1a: short, stable in every process and version, no key needed. */
const fnv1a = (text: string): string => {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash.toString(16).padStart(16, '0')
}

/** Grouped by step, kind and message, not by error type alone. */
export const fingerprintOf = (step: string, kind: FailureKind, message: string): string =>
  fnv1a(`${step}\n${kind}\n${normalizeMessage(message)}`)
