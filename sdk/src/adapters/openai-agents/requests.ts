// The requests by which a vendor's client works: its own retries stay inside one call of the framework, which may not tell the model.
import { safely } from '../../safe.ts'
import { fields, text } from './shapes.ts'

/** Beyond it reading the body would be felt. */
const MAX_BODY_CHARS = 1_000_000

const modelIn = (request: unknown): string => {
  const { body } = fields(request)
  if (typeof body !== 'string' || body.length > MAX_BODY_CHARS) return ''
  const asked: unknown = JSON.parse(body)
  return text(fields(asked).model)
}

/** Wraps the `fetch` of a client, which stays as it is otherwise. */
export function watchRequests(client: object, requested: (model: () => string) => void): void {
  const send: unknown = Reflect.get(client, 'fetch')
  if (typeof send !== 'function') return
  const watched = (...args: unknown[]): unknown => {
    safely(() => requested(() => modelIn(args[1])))
    return Reflect.apply(send, undefined, args)
  }
  Reflect.set(client, 'fetch', watched)
}
