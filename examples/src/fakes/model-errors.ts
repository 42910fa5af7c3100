// The errors of the fake model provider, in the vendor's JSON, status and headers.
import type { Injector } from '../faults/injector.ts'
import type { Reply } from './http-server.ts'

/** The error that this call is to get, if any. */
export const modelError = (task: string, subject: string, model: string, injector: Injector): Reply | null => {
  const overloaded = task === 'ticket_class' || task === 'triage'
  if (overloaded && injector.strikes(subject, 'provider_error')) return serverError()
  const limited = task === 'refund_decision' || task === 'brief'
  if (limited && injector.strikes(subject, 'rate_limited')) return rateLimit(model)
  if (task === 'brief' && injector.strikes(subject, 'context_overflow')) return tooLong()
  return null
}

/** Milliseconds the client is told to wait, so that its three tries do not take seconds of the demo. */
const SOON = { 'retry-after-ms': '8' }

const serverError = (): Reply => ({
  status: 500,
  headers: SOON,
  body: {
    error: {
      message: 'The server had an error while processing your request. Sorry about that!',
      type: 'server_error',
      param: null,
      code: null,
    },
  },
})

const rateLimit = (model: string): Reply => ({
  status: 429,
  headers: { ...SOON, 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1.2s' },
  body: {
    error: {
      message: `Rate limit reached for ${model} on tokens per min (TPM): Limit 200000, Used 199412, Requested 2210. Please try again in 1.2s.`,
      type: 'tokens',
      param: null,
      code: 'rate_limit_exceeded',
    },
  },
})

const tooLong = (): Reply => ({
  status: 400,
  body: {
    error: {
      message:
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 131842 tokens. Please reduce the length of the messages.",
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
  },
})
