// What every answer carries, and which hosts are answered: the protection of a local page against other websites.
import type { RequestHandler } from 'express'
import type { CheckAddress } from '../access/hosts.ts'

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

/** Answers only requests that were made for one of our names, and not by the page of another site. */
export const ownAddressOnly =
  (check: CheckAddress): RequestHandler =>
  (req, _res, next) => {
    check(req.headers)
    next()
  }
