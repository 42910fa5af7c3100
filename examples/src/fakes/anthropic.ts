// A fake of Anthropic's Messages API: it is overloaded at first, then answers.
import { type FakeServer, serve } from './http-server.ts'

type Asked = { model: string; messages: { role: string; content: string }[] }

/** @param overloaded how many requests are refused before one is answered */
export const serveAnthropic = (overloaded = 0): Promise<FakeServer> => {
  let requests = 0
  return serve(async ({ path, body }) => {
    const id = `req_${String(++requests).padStart(24, '0')}`
    const headers = { 'request-id': id }
    const refuse = (status: number, type: string, message: string) => ({
      status,
      headers,
      body: { type: 'error', error: { type, message }, request_id: id },
    })
    if (path !== '/v1/messages') return refuse(404, 'not_found_error', 'Not found')
    if (requests <= overloaded) return refuse(529, 'overloaded_error', 'Overloaded')
    const { model } = body as Asked
    return {
      headers,
      body: {
        id: `msg_${String(requests).padStart(24, '0')}`,
        type: 'message',
        role: 'assistant',
        model,
        content: [{ type: 'text', text: 'Parcels arrive a day late.' }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 210, cache_creation_input_tokens: 0, cache_read_input_tokens: 40, output_tokens: 12 },
      },
    }
  })
}
