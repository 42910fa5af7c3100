// A fake of OpenAI's chat completions: it is busy at first, then answers.
import { type FakeServer, serve } from './http-server.ts'

/** @param busy how many requests are refused before one is answered */
export const serveOpenAIChat = (busy = 0): Promise<FakeServer> => {
  let requests = 0
  return serve(async ({ path, body }) => {
    requests += 1
    if (path !== '/v1/chat/completions')
      return { status: 404, body: { error: { message: 'Invalid URL', type: 'invalid_request_error', param: null, code: null } } }
    if (requests <= busy)
      return { status: 503, body: { error: { message: 'The engine is overloaded', type: 'server_error', param: null, code: null } } }
    return {
      headers: { 'x-request-id': `req_${requests}` },
      body: {
        id: `chatcmpl-${requests}`,
        object: 'chat.completion',
        created: Math.floor(Date.now() / 1_000),
        model: `${(body as { model: string }).model}-2025-04-14`,
        choices: [
          { index: 0, message: { role: 'assistant', content: 'Parcels arrive a day late.', refusal: null }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 250, completion_tokens: 12, total_tokens: 262, prompt_tokens_details: { cached_tokens: 40 } },
      },
    }
  })
}
