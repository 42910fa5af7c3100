// Makes an OpenAI client report its model calls: tokens, finish reasons, errors, and the retries that the client hides.
import { type Attributes, SpanKind } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { digestOf, isRecord } from '../payload.ts'
import { contentAttribute } from '../redact.ts'
import { safely } from '../safe.ts'
import { type UnitSpec, whenRecording } from '../unit.ts'
import { memberOf, signalIn } from './fields.ts'
import { wrapFetch, wrapMethod } from './methods.ts'
import { endCall, endWith, type ModelCall, openCall, passOn, within } from './model-call.ts'
import { chatChunks, chatFacts, type Reply, responseChunks, responseFacts } from './openai-replies.ts'
import { counted } from './requests.ts'

interface Endpoint {
  readonly facts: (reply: unknown) => Reply
  /** a fold over the events of a stream: what they add up to */
  readonly chunks: () => (chunk: unknown) => Reply | undefined
  readonly inputKey: 'messages' | 'input'
}

const CHAT: Endpoint = { facts: chatFacts, chunks: chatChunks, inputKey: 'messages' }
const RESPONSES: Endpoint = { facts: responseFacts, chunks: responseChunks, inputKey: 'input' }

const instrumented = new WeakSet<object>()

/**
 * Records every `chat.completions.create` and `responses.create` of a client, streams included, and returns the same client.
 * Results, errors and types stay as they are. Copies made by `withOptions()` are clients of their own.
 * @example
 * const openai = instrumentOpenAI(new OpenAI())
 * await openai.responses.create({ model: 'gpt-5', input: 'Hello' })
 */
export function instrumentOpenAI<C extends object>(client: C): C {
  if (typeof client !== 'object' || client === null || instrumented.has(client)) return client
  instrumented.add(client)
  safely(() => {
    countRequests(client)
    wrapCreate(memberOf(memberOf(client, 'chat'), 'completions'), CHAT)
    wrapCreate(memberOf(client, 'responses'), RESPONSES)
  })
  return client
}

function countRequests(client: object): void {
  wrapFetch(client, (send) => counted(async () => (await send()) as Response))
}

function wrapCreate(resource: unknown, endpoint: Endpoint): void {
  wrapMethod(resource, 'create', (create, [body, ...rest]) => {
    const call = openCall(
      specOf(body, endpoint),
      safely(() => signalIn(rest[0])),
    )
    let sent: unknown
    try {
      sent = within(call, () => create(body, ...rest))
    } catch (error) {
      return fail(call, error)
    }
    whenRecording(call.unit, () => watch(sent, call, endpoint))
    return sent
  })
}

function specOf(body: unknown, { inputKey }: Endpoint): UnitSpec {
  const request = isRecord(body) ? body : {}
  const model = safely(() => (typeof request.model === 'string' ? request.model : undefined))
  const attributes = (): Attributes => ({
    [GEN_AI.operationName]: 'chat',
    [GEN_AI.providerName]: 'openai',
    [GEN_AI.requestModel]: model,
  })
  const details = (): Attributes => ({
    [SEAMTRACE.callInputDigest]: askedDigest(request, inputKey),
    ...contentAttribute(SEAMTRACE.input, request[inputKey]),
  })
  return { kind: 'model', name: model === undefined ? 'chat' : `chat ${model}`, spanKind: SpanKind.CLIENT, attributes, details }
}

/** Of what makes two requests the same question. A conversation lies at the server and grows: equal requests are none there. */
function askedDigest(request: Record<string, unknown>, inputKey: Endpoint['inputKey']): string | undefined {
  const { model, instructions, prompt, previous_response_id, conversation, [inputKey]: asked } = request
  if (conversation != null || (asked === undefined && prompt === undefined)) return undefined
  return digestOf({ model, instructions, prompt, previous_response_id, asked })
}

/** The promise of the client: `parseResponse` is what every way to the parsed reply goes through. */
interface Parsing {
  parseResponse(...args: unknown[]): Promise<unknown>
  asResponse(): Promise<Response>
  /** how the helpers (`parse`) derive their promise; since version 7 it goes past `parseResponse` */
  _thenUnwrap?: (transform: Transform) => Parsing
}
type Transform = (reply: unknown, ...rest: unknown[]) => unknown

const parses = (value: unknown): value is Parsing =>
  value instanceof Promise &&
  'parseResponse' in value &&
  typeof value.parseResponse === 'function' &&
  'asResponse' in value &&
  typeof value.asResponse === 'function'

/**
 * Watches what `create` returned. The body is the caller's to read (`asResponse()` hands it over unread), so parsing is only
 * listened to; whoever parses late, or never, is covered by a copy of the body.
 */
function watch(sent: unknown, call: ModelCall, endpoint: Endpoint): void {
  if (!parses(sent)) {
    Promise.resolve(sent).then(
      (reply) => finish(reply, call, endpoint),
      (error: unknown) => endCall(call, error),
    )
    return
  }
  const asResponse = sent.asResponse.bind(sent)
  let parsing = false
  const listen = (promise: Parsing, take: (reply: unknown) => unknown): void => {
    const parseResponse = promise.parseResponse.bind(promise)
    promise.parseResponse = (...args) => {
      parsing = true
      return parseResponse(...args).then(take, (error: unknown) => fail(call, error))
    }
  }
  const take = (reply: unknown): unknown => finish(reply, call, endpoint)
  listen(sent, take)
  const thenUnwrap = sent._thenUnwrap?.bind(sent)
  if (thenUnwrap !== undefined) {
    sent._thenUnwrap = (transform) => {
      const derived = thenUnwrap((reply, ...rest) => transform(take(reply), ...rest))
      listen(derived, (result) => result)
      return derived
    }
  }
  sent.asResponse = async () => {
    const response = await asResponse()
    if (!parsing && !isJson(response)) endCall(call)
    return response
  }
  asResponse().then(
    (response) => (parsing || !isJson(response) ? undefined : readCopy(response, call, endpoint)),
    (error: unknown) => endCall(call, error),
  )
}

const isJson = (response: Response): boolean => response.headers.get('content-type')?.includes('application/json') ?? false

async function readCopy(response: Response, call: ModelCall, endpoint: Endpoint): Promise<void> {
  try {
    const reply: unknown = await response.clone().json()
    finish(reply, call, endpoint)
  } catch {
    endCall(call)
  }
}

function fail(call: ModelCall, error: unknown): never {
  endCall(call, error)
  throw error
}

function finish(reply: unknown, call: ModelCall, endpoint: Endpoint): unknown {
  safely(() => (isStream(reply) ? watchStream(reply, call, endpoint) : endWith(call, endpoint.facts(reply))))
  return reply
}

interface EventStream {
  iterator: () => AsyncIterator<unknown>
}

const isStream = (value: unknown): value is EventStream =>
  typeof value === 'object' &&
  value !== null &&
  Symbol.asyncIterator in value &&
  'iterator' in value &&
  typeof value.iterator === 'function'

/** The span ends when the stream does: at its last event, its error, or when the reader stops. */
function watchStream(stream: EventStream, call: ModelCall, endpoint: Endpoint): void {
  const { iterator } = stream
  stream.iterator = () => {
    const fold = endpoint.chunks()
    let reply: Reply = { attributes: {} }
    return passOn(
      iterator.call(stream),
      (event) => {
        reply = fold(event) ?? reply
      },
      ({ error }) => (error === undefined ? endWith(call, reply) : endCall(call, error)),
    )
  }
}
