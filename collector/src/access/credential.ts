// Which key a request brings with it. Pure.

/** Longer than any key or admin token: what is beyond it is not even hashed. */
const MAX_LENGTH = 512

type Header = string | string[] | undefined

/**
 * The key of `x-seamtrace-key`, else of `Authorization: Bearer`. The first wins: it can only be meant for us, while the other may be
 * there for a proxy.
 * @example credentialOf({ authorization: 'Bearer smt_r_5f0c' }) // smt_r_5f0c
 */
export const credentialOf = (headers: { readonly [name: string]: Header }): string | undefined => {
  const key = firstOf(headers['x-seamtrace-key']) || bearerOf(firstOf(headers.authorization))
  return key.length === 0 || key.length > MAX_LENGTH ? undefined : key
}

const firstOf = (header: Header): string => (Array.isArray(header) ? (header[0] ?? '') : (header ?? '')).trim()

const bearerOf = (authorization: string): string => /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? ''
