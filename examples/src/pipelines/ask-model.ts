// One question to a model that is answered by JSON, as the examples ask it.
import type OpenAI from 'openai'

export type Question = {
  model: string
  /** name of the JSON schema of the answer */
  schema: string
  system: string
  input: unknown
}

export class ModelRefusedError extends Error {
  override name = 'ModelRefusedError'
}
export class ContentFilteredError extends Error {
  override name = 'ContentFilteredError'
}
export class EmptyAnswerError extends Error {
  override name = 'EmptyAnswerError'
}

/**
 * @throws ModelRefusedError, ContentFilteredError or EmptyAnswerError when there is no answer, and whatever the client throws
 */
export const askModel = async <T>(openai: OpenAI, question: Question): Promise<T> => {
  const { model, schema, system, input } = question
  const completion = await openai.chat.completions.create({
    model,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: JSON.stringify(input) },
    ],
    response_format: { type: 'json_schema', json_schema: { name: schema, schema: { type: 'object' } } },
  })
  const choice = completion.choices[0]
  if (choice?.message.refusal) throw new ModelRefusedError(`the model refused: ${choice.message.refusal}`)
  if (choice?.finish_reason === 'content_filter') throw new ContentFilteredError('the answer was held back by the content filter')
  if (!choice?.message.content) throw new EmptyAnswerError(`the model answered nothing to ${schema}`)
  return JSON.parse(choice.message.content) as T
}
