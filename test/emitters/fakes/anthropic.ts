// Anthropic's messages, plain and streamed, and its errors. Its input_tokens leave the cached ones out.
import type { Reply } from '../../../examples/src/fakes/http-server.ts'
import type { ModelRequest } from './model-vendors.ts'
import { type ScriptedAnswer, usageOf } from './script.ts'
import { streamed } from './sse.ts'

const ERROR_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

const contentOf = (answer: ScriptedAnswer, count: number) => [
  ...(answer.text === undefined ? [] : [{ type: 'text', text: answer.text, citations: null }]),
  ...(answer.tools ?? []).map((tool, index) => ({
    type: 'tool_use',
    id: `toolu_${count}_${index}`,
    name: tool.name,
    input: tool.arguments,
  })),
]

type Content = ReturnType<typeof contentOf>[number]

const deltaOf = (content: Content) =>
  content.type === 'text'
    ? { type: 'text_delta', text: (content as { text: string }).text }
    : { type: 'input_json_delta', partial_json: JSON.stringify((content as { input: unknown }).input) }

const emptied = (content: Content) => (content.type === 'text' ? { ...content, text: '' } : { ...content, input: {} })

export const anthropicMessage = ({ model, stream, count }: ModelRequest, answer: ScriptedAnswer): Reply => {
  const request_id = `req_${String(count).padStart(6, '0')}`
  const headers = { 'request-id': request_id, 'retry-after-ms': '5' }
  const { status = 200, message = 'Internal server error' } = answer
  if (status >= 400)
    return { status, headers, body: { type: 'error', error: { type: ERROR_TYPES[status] ?? 'api_error', message }, request_id } }
  const { input, output, cached } = usageOf(answer)
  const content = contentOf(answer, count)
  const stop_reason = answer.tools ? 'tool_use' : 'end_turn'
  const usage = {
    input_tokens: input - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: output,
    service_tier: 'standard',
  }
  const whole = {
    id: `msg_${String(count).padStart(6, '0')}`,
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason,
    stop_sequence: null,
    usage,
  }
  if (!stream) return { headers, body: whole }
  const events = [
    { type: 'message_start', message: { ...whole, content: [], stop_reason: null } },
    ...content.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: emptied(block) },
      { type: 'content_block_delta', index, delta: deltaOf(block) },
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: output } },
    { type: 'message_stop' },
  ]
  const reply = streamed(events.map((data) => ({ event: data.type, data })))
  return { ...reply, headers: { ...reply.headers, ...headers } }
}
