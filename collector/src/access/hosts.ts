// Which hosts are ours: what protects a port of this machine from websites in its own browsers. Pure.
import { isIPv4 } from 'node:net'
import { SeamtraceError } from '@seamtrace/schema'

/** Whether only this machine can reach a socket that is bound to the host. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))

const ALWAYS = ['localhost', '127.0.0.1', '[::1]']
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i

/** A `Host` and an `Origin` header; nothing else of a request says where it was made. */
export type Addressed = { host?: string | undefined; origin?: string | undefined }

/** @throws SeamtraceError misdirected, forbidden */
export type CheckAddress = (headers: Addressed) => void

/**
 * Lets pass what was made for one of our names, and not by the page of another site. A website whose name was rebound to our address
 * sends its own name as the host; a page that posts here without caring for the answer sends its own origin.
 * @param names further hosts, such as the one that the socket is bound to; a name stands for all its ports
 */
export const addressCheck = (names: readonly string[]): CheckAddress => {
  const ours = new Set([...ALWAYS, ...names.map(bracketed)].map((name) => name.toLowerCase()))
  return ({ host = '', origin }) => {
    if (!ours.has(HOST.exec(host)?.[1]?.toLowerCase() ?? ''))
      throw new SeamtraceError(
        'misdirected',
        `cannot answer for host ${JSON.stringify(host.slice(0, 100))}: use localhost or the host it is bound to, or list the name in SEAMTRACE_ALLOWED_HOSTS`,
      )
    if (origin !== undefined && hostOf(origin) !== host.toLowerCase())
      throw new SeamtraceError('forbidden', 'cannot answer a page of another site: only the dashboard may call this address from a browser')
  }
}

/** Without the scheme, which a proxy in front may change. A page without an origin sends `null`. */
const hostOf = (origin: string): string => URL.parse(origin)?.host ?? ''

/** In a Host header an IPv6 address stands in brackets. */
const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host)
