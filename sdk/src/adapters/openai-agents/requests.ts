// The requests by which a vendor's client works: its own retries stay inside one call of the framework, which may not tell the model.
import { safely } from '../../safe.ts'
import { fields, text } from '../fields.ts'
import { wrapFetch } from '../methods.ts'

/** Beyond it reading the body would be felt. */
const MAX_BODY_CHARS = 1_000_000

const modelIn = (request: unknown): string => {
  const { body } = fields(request)
  if (typeof body !== 'string' || body.length > MAX_BODY_CHARS) return ''
  const asked: unknown = JSON.parse(body)
  return text(fields(asked).model)
}

/** Tells of each request of a client, which stays as it is otherwise. */
export function watchRequests(client: object, requested: (model: () => string) => void): void {
  wrapFetch(client, (send, request) => {
    safely(() => requested(() => modelIn(request)))
    return send()
  })
}
