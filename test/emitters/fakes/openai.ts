// OpenAI's chat completions and responses, plain and streamed, and its errors.
import { createHash } from 'node:crypto'
import type { Reply } from '../../../examples/src/fakes/http-server.ts'
import type { ModelRequest } from './model-vendors.ts'
import { type ScriptedAnswer, usageOf } from './script.ts'
import { streamed } from './sse.ts'

const ERROR_TYPES: Record<number, { type: string; code: string | null }> = {
  400: { type: 'invalid_request_error', code: null },
  401: { type: 'invalid_request_error', code: 'invalid_api_key' },
  404: { type: 'invalid_request_error', code: null },
  429: { type: 'tokens', code: 'rate_limit_exceeded' },
}

export const openaiError = ({
  status = 500,
  message = 'The server had an error while processing your request.',
  code,
}: ScriptedAnswer): Reply => ({
  status,
  // clients would wait for half a second and more between their tries
  headers: { 'retry-after-ms': '5' },
  body: { error: { message, param: null, ...(ERROR_TYPES[status] ?? { type: 'server_error', code: null }), ...(code && { code }) } },
})

const isError = (answer: ScriptedAnswer): boolean => (answer.status ?? 200) >= 400
const now = (): number => Math.floor(Date.now() / 1000)

/** As long as the vendor's: frameworks and Seamtrace may take such an id for unique. */
const callId = (count: number, index: number): string =>
  `call_${createHash('sha256').update(`${count}.${index}`).digest('hex').slice(0, 24)}`

const chatToolCalls = (answer: ScriptedAnswer, count: number) =>
  answer.tools?.map((tool, index) => ({
    id: callId(count, index),
    type: 'function',
    function: { name: tool.name, arguments: JSON.stringify(tool.arguments) },
  }))

const chatUsage = (answer: ScriptedAnswer) => {
  const { input, output, cached, reasoning } = usageOf(answer)
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0 },
  }
}

export const openaiChat = ({ model, stream, count }: ModelRequest, answer: ScriptedAnswer): Reply => {
  if (isError(answer)) return openaiError(answer)
  const tool_calls = chatToolCalls(answer, count)
  const message = { role: 'assistant', content: answer.text ?? null, refusal: answer.refusal ?? null, ...(tool_calls && { tool_calls }) }
  const finish_reason = answer.finish ?? (tool_calls ? 'tool_calls' : 'stop')
  const base = { id: `chatcmpl-${String(count).padStart(6, '0')}`, created: now(), model, service_tier: 'default' }
  if (!stream)
    return {
      body: {
        ...base,
        object: 'chat.completion',
        choices: [{ index: 0, message, logprobs: null, finish_reason }],
        usage: chatUsage(answer),
      },
    }
  const delta = { ...message, ...(tool_calls && { tool_calls: tool_calls.map((call, index) => ({ index, ...call })) }) }
  const chunk = { ...base, object: 'chat.completion.chunk' }
  return streamed(
    [
      { data: { ...chunk, choices: [{ index: 0, delta, finish_reason: null }] } },
      { data: { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }] } },
      { data: { ...chunk, choices: [], usage: chatUsage(answer) } },
    ],
    'data: [DONE]\n\n',
  )
}

const responseOutput = (answer: ScriptedAnswer, count: number): Record<string, unknown>[] => [
  ...(answer.text === undefined
    ? []
    : [
        {
          type: 'message',
          id: `msg_${count}`,
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: answer.text, annotations: [], logprobs: [] }],
        },
      ]),
  ...(answer.tools ?? []).map((tool, index) => ({
    type: 'function_call',
    id: `fc_${count}_${index}`,
    call_id: callId(count, index),
    name: tool.name,
    arguments: JSON.stringify(tool.arguments),
    status: 'completed',
  })),
]

export const openaiResponse = ({ model, stream, body, count }: ModelRequest, answer: ScriptedAnswer): Reply => {
  if (isError(answer)) return openaiError(answer)
  const { input, output, cached, reasoning } = usageOf(answer)
  const response = {
    id: `resp_${String(count).padStart(6, '0')}`,
    object: 'response',
    created_at: now(),
    status: 'completed',
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    model,
    output: responseOutput(answer, count),
    parallel_tool_calls: true,
    previous_response_id: body.previous_response_id ?? null,
    store: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: body.tools ?? [],
    top_p: 1,
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    },
    metadata: {},
  }
  if (!stream) return { body: response }
  return streamed([
    {
      event: 'response.created',
      data: { type: 'response.created', sequence_number: 0, response: { ...response, status: 'in_progress', output: [], usage: null } },
    },
    ...response.output.map((item, index) => ({
      event: 'response.output_item.done',
      data: { type: 'response.output_item.done', sequence_number: index + 1, output_index: index, item },
    })),
    { event: 'response.completed', data: { type: 'response.completed', sequence_number: response.output.length + 1, response } },
  ])
}
