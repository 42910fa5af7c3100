// The HTTP requests of Google's client for interactions, which repeats them without saying so.
import { counted, memberOf, wrapMethod } from './google-calls.ts'

/** At the HTTP client that is there: with a `fetch` of our own it would give up its dispatcher, which lets long requests live. */
export function countRequests(interactions: object): void {
  const make = memberOf(interactions, 'getClient')
  if (typeof make !== 'function') return
  const http = memberOf(Reflect.apply(make, interactions, []), '_httpClient')
  wrapMethod(
    http,
    'request',
    (method) =>
      (...args) =>
        counted(async () => (await method(...args)) as Response),
  )
}
