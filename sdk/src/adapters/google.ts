// Makes a Google Gen AI client tell of its inferences: generated content, chats, functions called for it, and interactions.
import type { Attributes } from '@opentelemetry/api'
import { SpanKind } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { digestOf, isRecord } from '../payload.ts'
import { contentAttribute } from '../redact.ts'
import { safely } from '../safe.ts'
import { memberOf, signalIn, textIn } from './fields.ts'
import { tracedTools } from './google-functions.ts'
import { wrapInteractions } from './google-interactions.ts'
import { contentFacts } from './google-replies.ts'
import { type Method, wrapMethod } from './methods.ts'
import { endCall, endWith, type ModelCall, openCall, passOn, within } from './model-call.ts'
import { counted } from './requests.ts'

const instrumented = new WeakSet<object>()

/**
 * Records the inferences of a `GoogleGenAI` client and returns the same client: `models.generateContent`, `generateContentStream` and
 * chats, with the functions that the client calls by itself, and `interactions`, where work in the background is one long call from
 * `create` to its end, however often it is polled. Requests that the client repeats are attempts. Results, errors and types stay.
 * @param ai `GoogleGenAI` of `@google/genai`, version 2.0 or later
 * @example
 * const ai = instrumentGoogle(new GoogleGenAI({ apiKey }))
 * const job = await ai.interactions.create({ agent: 'deep-research', background: true, input: 'What changed?' })
 */
export function instrumentGoogle<C extends object>(ai: C): C {
  if (typeof ai !== 'object' || ai === null || instrumented.has(ai)) return ai
  instrumented.add(ai)
  const provider = memberOf(ai, 'vertexai') === true ? 'gcp.vertex_ai' : 'gcp.gemini'
  safely(() => countFetches(memberOf(ai, 'apiClient')))
  safely(() => wrapModels(memberOf(ai, 'models'), provider))
  safely(() => wrapInteractions(memberOf(ai, 'interactions'), provider))
  return ai
}

const FETCH = 5

/** Not by an own `fetch` in the options: the client then gives up its dispatcher, which lets long requests live. */
const countFetches = (apiClient: unknown): void =>
  wrapMethod(apiClient, 'apiCall', (method, args) => {
    const send: unknown = args[FETCH] ?? fetch
    if (typeof send !== 'function') return method(...args)
    const given = [...args]
    given[FETCH] = (...request: unknown[]) => counted(() => Reflect.apply(send, undefined, request))
    return method(...given)
  })

function wrapModels(models: unknown, provider: string): void {
  // What the public methods call for each inference; they may make several, with functions called in between.
  wrapMethod(models, 'generateContentInternal', (method, args) => generate(method, args, provider, finish))
  wrapMethod(models, 'generateContentStreamInternal', (method, args) => generate(method, args, provider, watchStream))
  for (const name of ['generateContent', 'generateContentStream'])
    wrapMethod(models, name, (method, [params, ...rest]) => method(safely(() => tracedTools(params)) ?? params, ...rest))
}

type Finish = (reply: unknown, call: ModelCall) => unknown

function generate(method: Method, args: unknown[], provider: string, take: Finish): unknown {
  const [params] = args
  const call = openCall(
    specOf(params, provider),
    safely(() => signalIn(memberOf(params, 'config'), 'abortSignal')),
  )
  const fail = (error: unknown): never => {
    endCall(call, error)
    throw error
  }
  let sent: unknown
  try {
    sent = within(call, () => method(...args))
  } catch (error) {
    return fail(error)
  }
  return Promise.resolve(sent).then((reply) => safely(() => take(reply, call)) ?? reply, fail)
}

function specOf(params: unknown, provider: string) {
  const model = safely(() => textIn(params, 'model'))
  const asked = isRecord(params) ? params : {}
  return {
    kind: 'model' as const,
    name: model === undefined ? 'generate_content' : `generate_content ${model}`,
    spanKind: SpanKind.CLIENT,
    attributes: (): Attributes => ({
      [GEN_AI.operationName]: 'generate_content',
      [GEN_AI.providerName]: provider,
      [GEN_AI.requestModel]: model,
    }),
    details: (): Attributes => ({
      [SEAMTRACE.callInputDigest]: digestOf({ model, contents: asked.contents, system: memberOf(asked.config, 'systemInstruction') }),
      ...contentAttribute(SEAMTRACE.input, asked.contents),
    }),
  }
}

function finish(reply: unknown, call: ModelCall): unknown {
  endWith(call, safely(() => contentFacts()(reply)) ?? { attributes: {} })
  return reply
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

/** The span ends when the stream does: at its last chunk, its error, or when the reader stops. */
function watchStream(stream: unknown, call: ModelCall): unknown {
  if (!isIterable(stream)) return finish(stream, call)
  const fold = contentFacts()
  let reply = { attributes: {} } as ReturnType<typeof fold>
  return passOn(
    stream[Symbol.asyncIterator](),
    (chunk) => {
      reply = fold(chunk)
    },
    ({ error }) => (error === undefined ? endWith(call, reply) : endCall(call, error)),
  )
}
