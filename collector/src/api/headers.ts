// What every answer carries, and which hosts are answered: the protection of a local page against other websites.
import type { RequestHandler } from 'express'
import { sendMisdirected } from './problem.ts'

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

export const securityHeaders: RequestHandler = (_req, res, next) => {
  res.set({
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
  })
  next()
}

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]']
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i

/**
 * Answers only requests that were made for one of our names: a website whose name was rebound to 127.0.0.1 sends its own.
 * @param hosts further names, such as the one that the socket is bound to
 */
export const allowHosts = (hosts: readonly string[]): RequestHandler => {
  const allowed = new Set([...LOOPBACK_HOSTS, ...hosts.map(bracketed)].map((host) => host.toLowerCase()))
  return (req, res, next) => {
    const host = req.headers.host ?? ''
    const name = HOST.exec(host)?.[1]?.toLowerCase() ?? ''
    if (allowed.has(name)) return next()
    sendMisdirected(res, host)
  }
}

/** In a Host header an IPv6 address stands in brackets. */
const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host)
