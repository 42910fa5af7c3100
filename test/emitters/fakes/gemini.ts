// Gemini's generateContent, plain and streamed, and its errors. Its candidatesTokenCount leaves thinking out.
import type { Reply } from '../../../examples/src/fakes/http-server.ts'
import type { ModelRequest } from './model-vendors.ts'
import { type ScriptedAnswer, usageOf } from './script.ts'
import { streamed } from './sse.ts'

const ERROR_STATUSES: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
}

const partsOf = (answer: ScriptedAnswer) => [
  ...(answer.text === undefined ? [] : [{ text: answer.text }]),
  ...(answer.tools ?? []).map((tool) => ({ functionCall: { name: tool.name, args: tool.arguments } })),
]

export const googleError = ({ status = 500, message = 'An internal error has occurred.' }: ScriptedAnswer): Reply => ({
  status,
  // clients would wait for a second and more between their tries
  headers: { 'retry-after-ms': '5' },
  body: { error: { code: status, message, status: ERROR_STATUSES[status] ?? 'INTERNAL' } },
})

export const geminiContent = ({ model, stream, count }: ModelRequest, answer: ScriptedAnswer): Reply => {
  if ((answer.status ?? 200) >= 400) return googleError(answer)
  const { input, output, cached, reasoning } = usageOf(answer)
  const body = {
    candidates: [{ content: { role: 'model', parts: partsOf(answer) }, finishReason: 'STOP', index: 0 }],
    usageMetadata: {
      promptTokenCount: input,
      candidatesTokenCount: output - reasoning,
      totalTokenCount: input + output,
      ...(cached > 0 && { cachedContentTokenCount: cached }),
      ...(reasoning > 0 && { thoughtsTokenCount: reasoning }),
    },
    modelVersion: model,
    responseId: `response-${String(count).padStart(6, '0')}`,
  }
  return stream ? streamed([{ data: body }]) : { body }
}
