// A fake of the model vendors on one port: OpenAI chat and responses, Anthropic messages, Gemini generateContent and interactions, answering from a script.
import { type FakeServer, type Reply, type Request, serve } from '../../../examples/src/fakes/http-server.ts'
import { anthropicMessage } from './anthropic.ts'
import { geminiContent } from './gemini.ts'
import { fakeInteractions } from './interactions.ts'
import { openaiChat, openaiError, openaiResponse } from './openai.ts'
import { type Script, type ScriptedAnswer, scriptOf } from './script.ts'

export type ModelRequest = { model: string; stream: boolean; body: Record<string, unknown>; count: number }
type Vendor = (request: ModelRequest, answer: ScriptedAnswer) => Reply

const GEMINI = /^\/v1(?:beta|beta1)?\/(?:.*\/)?models\/([^/:]+):(generateContent|streamGenerateContent)$/

const vendorOf = (path: string): Vendor | null => {
  if (path.endsWith('/chat/completions')) return openaiChat
  if (path.endsWith('/responses')) return openaiResponse
  if (path.endsWith('/messages')) return anthropicMessage
  return GEMINI.test(path) ? geminiContent : null
}

const requestOf = ({ path, body }: Request, count: number): ModelRequest => {
  const told = (body ?? {}) as Record<string, unknown>
  const [, model, method] = GEMINI.exec(path) ?? []
  return { model: model ?? String(told.model ?? ''), stream: told.stream === true || method === 'streamGenerateContent', body: told, count }
}

/** @example const fake = await serveModelVendors(); await fetch(`${fake.url}/script`, { method: 'PUT', body: '[{ "text": "Hello" }]' }) */
export const serveModelVendors = (): Promise<FakeServer> => {
  let script: Script = scriptOf([])
  let count = 0
  const interactions = fakeInteractions()
  return serve(async (request) => {
    if (request.path === '/script') {
      script = scriptOf(request.body as ScriptedAnswer[])
      return { status: 204 }
    }
    if (request.path === '/served') return { body: script.served() }
    if (interactions.speaks(request.path)) return interactions.reply(request, script.take)
    const vendor = vendorOf(request.path)
    if (!vendor) return openaiError({ status: 404, message: `Invalid URL (${request.method} ${request.path})` })
    const answer = script.take(JSON.stringify(request.body)) ?? { status: 500, message: 'script is used up' }
    count += 1
    return vendor(requestOf(request, count), answer)
  })
}
