// What a key looks like, and what is kept of it. Pure, but for chance.
import { hash, randomBytes } from 'node:crypto'
import type { Role } from '@seamtrace/schema'

const LETTERS: Record<Role, string> = { ingest: 'i', read: 'r', admin: 'a' }

/** 192 bits as hex: no letter that a shell or a URL changes, and a form that scanners for leaked secrets can know. */
const RANDOM_BYTES = 24
const KEY = /^smt_[ira]_[0-9a-f]{48}$/

/** @example newKey('ingest') // smt_i_5f0c… */
export const newKey = (role: Role): string => `smt_${LETTERS[role]}_${randomBytes(RANDOM_BYTES).toString('hex')}`

/** The public name of a key, which says nothing about it. */
export const newKeyId = (): string => `key_${randomBytes(8).toString('hex')}`

/** What is not of this form was never a key: that is certain without asking anybody. */
export const isKey = (text: string): boolean => KEY.test(text)

/**
 * What is kept of a key. One round of SHA-256 is right here, and would be wrong for passwords: nobody can try 2^192 keys, so slowness
 * and salt protect nothing, and this runs with every request. Keys are found by this hash, never compared with one another: how long
 * the look-up takes depends on the hash, which nobody can steer towards that of another key. So it needs no constant time.
 */
export const hashOf = (secret: string): string => hash('sha256', secret, 'hex')
