// The version of this package.
import { createRequire } from 'node:module'

export const VERSION = String((createRequire(import.meta.url)('../../package.json') as { version: unknown }).version)
