// Makes MCP clients and servers tell of their requests, and carries the trace from one to the other.
import { type Attributes, type Context, context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { GEN_AI, MCP, OTEL, SEAMTRACE, type SpanKindName } from '@seamtrace/schema/words'
import { digestOf, isRecord, sizeOf } from '../payload.ts'
import { boundMessage, contentAttribute, nameOf } from '../redact.ts'
import { safely } from '../safe.ts'
import { annotate, endUnit, giveUp, markThrown, openUnit, runUnit, type Unit, type UnitSpec, whenRecording, whenSettled } from '../unit.ts'
import { bounded } from './bounded.ts'
import { signalIn } from './fields.ts'

/** Requests that are work; all others only get the trace along. */
const KINDS: ReadonlyMap<string, SpanKindName> = new Map([
  ['tools/call', 'tool'],
  ['resources/read', 'retrieval'],
  ['prompts/get', 'retrieval'],
  ['elicitation/create', 'human'],
  ['sampling/createMessage', 'agent'],
])

// the collector takes spans of this scope for MCP's own, so that what client and server tell counts as one call
const TRACER = '@seamtrace/sdk/mcp'

/** Mistakes of the client, as JSON-RPC codes: a server that refuses them did well. */
const CLIENT_MISTAKES: readonly number[] = [-32700, -32600, -32601, -32602, -32002]

const instrumented = new WeakSet<object>()

/**
 * Records the requests that an MCP client or server sends and answers (tools, resources, prompts, questions to a person, sampling), and
 * returns the same object. Call it before `connect()`. The trace goes along in `params._meta`, as MCP specifies. A tool that answers with
 * `isError` failed, although the request went well; a call that asks for input waits.
 * @param peer `Client`, `Server` or `McpServer` of `@modelcontextprotocol/sdk`, or of the packages of version 2
 * @example
 * const client = instrumentMcp(new Client({ name: 'desk', version: '1.0.0' }))
 * await client.connect(transport)
 */
export function instrumentMcp<P extends object>(peer: P): P {
  safely(() => {
    const inner: unknown = Reflect.get(peer, 'server')
    const protocol = typeof inner === 'object' && inner !== null && 'connect' in inner ? inner : peer
    if (instrumented.has(protocol)) return
    instrumented.add(protocol)
    wrapRequest(protocol)
    wrapConnect(protocol)
  })
  return peer
}

type Request = { method: string; params: Record<string, unknown> }

const requestOf = (message: unknown): Request | undefined => {
  if (!isRecord(message) || typeof message.method !== 'string') return undefined
  return { method: message.method, params: isRecord(message.params) ? message.params : {} }
}

const targetOf = ({ method, params }: Request): string | undefined =>
  method !== 'resources/read' && typeof params.name === 'string' ? nameOf(params.name) : undefined

const specOf = (kind: SpanKindName, request: Request, spanKind: SpanKind, more: () => Attributes): UnitSpec => {
  const { method, params } = request
  const target = targetOf(request)
  const attributes = (): Attributes => ({
    [MCP.method]: method,
    ...(kind === 'tool' && { [GEN_AI.operationName]: 'execute_tool', [GEN_AI.toolName]: target }),
    ...(method === 'prompts/get' && { [MCP.promptName]: target }),
    ...(method === 'resources/read' && typeof params.uri === 'string' && { [MCP.resourceUri]: nameOf(params.uri) }),
    ...more(),
  })
  const { _meta, ...input } = params
  const details = (): Attributes => ({ [SEAMTRACE.callInputDigest]: digestOf(input), ...contentAttribute(SEAMTRACE.input, input) })
  return { kind, name: target === undefined ? method : `${method} ${target}`, attributes, details, spanKind, tracer: TRACER }
}

/** What the protocol's answer says of the work, which may have failed although it was answered. */
const recordResult = (unit: Unit, result: unknown): void => {
  if (!isRecord(result)) return
  const { span } = unit
  const isError = result.isError === true
  if (unit.kind === 'tool') span.setAttribute(SEAMTRACE.toolResultStatus, isError ? 'error' : hasContent(result) ? 'ok' : 'empty')
  span.setAttributes({ [SEAMTRACE.callOutputSize]: sizeOf(result), ...contentAttribute(SEAMTRACE.output, result) })
  if (isError) {
    span.setAttribute(OTEL.errorType, 'tool_error')
    span.setStatus({ code: SpanStatusCode.ERROR, message: boundMessage(textIn(result)) })
  }
  if (result.resultType === 'input_required') span.setAttribute(SEAMTRACE.outcome, 'waiting')
  if (unit.kind === 'human') span.setAttributes({ [SEAMTRACE.humanDecision]: DECISIONS[String(result.action)] })
}

const DECISIONS: Record<string, string> = { accept: 'answered', decline: 'rejected', cancel: 'expired' }

const contentOf = (result: Record<string, unknown>): unknown[] => (Array.isArray(result.content) ? result.content : [])
const hasContent = (result: Record<string, unknown>): boolean => contentOf(result).length > 0 || isRecord(result.structuredContent)
const textIn = (result: Record<string, unknown>): string =>
  contentOf(result)
    .map((part) => (isRecord(part) && typeof part.text === 'string' ? part.text : ''))
    .find((text) => text !== '') ?? 'the tool says that it failed'

/** Calls of this side that are not answered yet, by their `traceparent`. */
type Open = Map<string, Context>

/**
 * All requests of a client or server go through one method. In version 2 the public one is not it: what a handler asks by its context goes
 * past that.
 */
function wrapRequest(protocol: object): void {
  const open: Open = new Map()
  const [name, at] = typeof Reflect.get(protocol, FUNNEL) === 'function' ? [FUNNEL, 1] : ['request', 0]
  const send: unknown = Reflect.get(protocol, name)
  if (typeof send !== 'function') return
  Reflect.set(protocol, name, (...args: unknown[]): unknown => {
    const request = safely(() => requestOf(args[at]))
    const kind = request && KINDS.get(request.method)
    const sent = (): unknown => Reflect.apply(send, protocol, args.with(at, safely(() => withTrace(args[at])) ?? args[at]))
    if (!request || safely(() => open.has(traceparentIn(request.params)))) return Reflect.apply(send, protocol, args)
    return kind
      ? call(
          specOf(kind, request, SpanKind.CLIENT, () => ({})),
          sent,
          open,
          safely(() => signalIn(args[at + 2])),
        )
      : sent()
  })
  wrapInputs(protocol, open)
}

const FUNNEL = '_requestWithSchemaViaCodec'

const traceparentIn = (params: Record<string, unknown>): string =>
  isRecord(params._meta) && typeof params._meta.traceparent === 'string' ? params._meta.traceparent : ''

/** Both versions reject a call that its caller aborted as one that timed out; the signal knows better. */
function call(spec: UnitSpec, send: () => unknown, open: Open, signal: AbortSignal | undefined): unknown {
  const unit = openUnit(spec)
  const key = safely(() => traceparentIn({ _meta: carrierOf(unit.context) })) ?? ''
  if (key !== '') open.set(key, unit.context)
  const end = (): void => {
    open.delete(key)
    endUnit(unit)
  }
  const fail = (error: unknown): void => {
    markThrown(unit, signal?.aborted ? signal.reason : error, signal)
    whenRecording(unit, () => recordCode(unit, error))
    end()
  }
  let answer: unknown
  try {
    answer = context.with(unit.context, send)
  } catch (error) {
    fail(error)
    throw error
  }
  return whenSettled(
    answer,
    (result) => {
      whenRecording(unit, () => recordResult(unit, result))
      end()
    },
    fail,
  )
}

/**
 * In version 2 a server may answer that it needs input. The client then asks its own handlers, and calls again: that is one call, and
 * what a person is asked stands in it.
 */
function wrapInputs(protocol: object, open: Open): void {
  const resolve: unknown = Reflect.get(protocol, '_resolveNonCompleteResult')
  const handlerOf: unknown = Reflect.get(protocol, '_getRequestHandler')
  if (typeof resolve !== 'function' || typeof handlerOf !== 'function') return
  Reflect.set(protocol, '_resolveNonCompleteResult', (...args: unknown[]): unknown => {
    const flow = isRecord(args[1]) ? args[1] : {}
    const around = safely(() => open.get(traceparentIn(requestOf(flow.request)?.params ?? {})))
    return context.with(around ?? context.active(), () => Reflect.apply(resolve, protocol, args))
  })
  Reflect.set(protocol, '_getRequestHandler', (method: unknown): unknown => {
    const handle: unknown = Reflect.apply(handlerOf, protocol, [method])
    if (typeof handle !== 'function') return handle
    return (message: unknown, ...rest: unknown[]): unknown => {
      const request = safely(() => requestOf(message))
      const kind = request && KINDS.get(request.method)
      const handled = (): unknown => Reflect.apply(handle, protocol, [message, ...rest])
      return request && kind
        ? runUnit(
            specOf(kind, request, SpanKind.INTERNAL, () => ({})),
            handled,
            recordResult,
          )
        : handled()
    }
  })
}

/** The number of a JSON-RPC error, as the other side or the SDK (time-outs, closed connections) gave it. */
const recordCode = ({ span }: Unit, error?: unknown): void => {
  if (isRecord(error) && typeof error.code === 'number') span.setAttribute(OTEL.rpcStatus, String(error.code))
}

const carrierOf = (at: Context): Record<string, string> => {
  const carrier: Record<string, string> = {}
  propagation.inject(at, carrier)
  return carrier
}

const withTrace = (message: unknown): unknown => {
  if (!isRecord(message)) return message
  const carrier = carrierOf(context.active())
  if (Object.keys(carrier).length === 0) return message
  const params = isRecord(message.params) ? message.params : {}
  return { ...message, params: { ...params, _meta: { ...(isRecord(params._meta) ? params._meta : {}), ...carrier } } }
}

type Handler = (message: unknown, ...rest: unknown[]) => unknown

/** What comes in and goes out is seen at the transport: it is what all versions and both levels of the API have in common. */
function wrapConnect(protocol: object): void {
  const connect: unknown = Reflect.get(protocol, 'connect')
  if (typeof connect !== 'function') return
  Reflect.set(protocol, 'connect', (transport: unknown, ...rest: unknown[]): unknown => {
    safely(() => {
      if (typeof transport === 'object' && transport !== null) watch(transport)
    })
    return Reflect.apply(connect, protocol, [transport, ...rest])
  })
}

const watched = new WeakSet<object>()

/** Requests of one transport at once; a server that leaves some without an answer would keep them all. */
const MAX_ANSWERING = 1_000

const watch = (transport: object): void => {
  if (watched.has(transport)) return
  watched.add(transport)
  const answering = bounded<unknown, Unit>(MAX_ANSWERING, giveUp)
  const end = (id: unknown, tell: (unit: Unit) => void): void => {
    const unit = answering.get(id)
    if (!unit) return
    answering.delete(id)
    whenRecording(unit, () => tell(unit))
    endUnit(unit)
  }
  onSet(transport, 'onmessage', (handle) => (message, ...rest) => {
    const unit = safely(() => received(message, transport))
    if (!unit) {
      safely(() => {
        if (isRecord(message) && message.method === 'notifications/cancelled' && isRecord(message.params))
          end(message.params.requestId, markCancelled)
      })
      return handle(message, ...rest)
    }
    answering.set(isRecord(message) ? message.id : undefined, unit)
    return context.with(unit.context, () => handle(message, ...rest))
  })
  onSet(transport, 'onclose', (handle) => (...rest) => {
    for (const [id] of answering.entries()) end(id, markCancelled)
    return handle(...rest)
  })
  const send: unknown = Reflect.get(transport, 'send')
  if (typeof send !== 'function') return
  Reflect.set(transport, 'send', (message: unknown, ...rest: unknown[]): unknown => {
    safely(() => {
      if (isRecord(message) && message.method === undefined) end(message.id, (unit) => recordAnswer(unit, message))
    })
    return Reflect.apply(send, transport, [message, ...rest])
  })
}

/** Handlers are set by `connect()`, after this; whoever asks for one gets the wrapped one, and may set it anew. */
const onSet = (transport: object, name: 'onmessage' | 'onclose', wrap: (handle: Handler) => Handler): void => {
  const inherited = setterOf(transport, name)
  let current: unknown
  const set = (handle: unknown): void => {
    current = typeof handle === 'function' ? wrap((...args) => Reflect.apply(handle, transport, args)) : handle
    // some transports hand it on to one inside
    inherited?.call(transport, current)
  }
  const before: unknown = Reflect.get(transport, name)
  if (before !== undefined) set(before)
  Object.defineProperty(transport, name, { configurable: true, enumerable: true, get: () => current, set })
}

const setterOf = (transport: object, name: string): ((value: unknown) => void) | undefined => {
  for (let at: object | null = transport; at; at = Object.getPrototypeOf(at)) {
    const own = Object.getOwnPropertyDescriptor(at, name)
    if (own) return own.set
  }
  return undefined
}

const markCancelled = ({ span }: Unit): void => void span.setAttribute(SEAMTRACE.outcome, 'cancelled')

/** Opens the server's side of a request that is work. Its parent is the client's; what carried it here (HTTP) is linked. */
const received = (message: unknown, transport: object): Unit | undefined => {
  const request = requestOf(message)
  const kind = request && KINDS.get(request.method)
  if (!request || !kind || !isRecord(message) || message.id === undefined) return undefined
  const { parent, carriedBy } = parentOf(request)
  const more = (): Attributes => ({ [MCP.requestId]: String(message.id), [MCP.sessionId]: sessionOf(transport) })
  const spec = specOf(kind, request, SpanKind.SERVER, more)
  return openUnit({ ...spec, links: () => (carriedBy ? [{ context: carriedBy }] : []) }, parent)
}

const parentOf = ({ params }: Request): { parent: Context; carriedBy?: ReturnType<typeof trace.getSpanContext> } => {
  const ambient = context.active()
  const remote = propagation.extract(ROOT_CONTEXT, isRecord(params._meta) ? params._meta : {})
  return trace.getSpanContext(remote) ? { parent: remote, carriedBy: trace.getSpanContext(ambient) } : { parent: ambient }
}

const sessionOf = (transport: object): string | undefined => {
  const id: unknown = Reflect.get(transport, 'sessionId')
  return typeof id === 'string' ? nameOf(id) : undefined
}

const recordAnswer = (unit: Unit, message: Record<string, unknown>): void => {
  const { error, result } = message
  if (!isRecord(error)) return recordResult(unit, result)
  annotate(unit, () => ({ [OTEL.rpcStatus]: String(error.code) }))
  if (typeof error.code === 'number' && CLIENT_MISTAKES.includes(error.code)) return
  unit.span.setAttribute(OTEL.errorType, String(error.code))
  unit.span.setStatus({ code: SpanStatusCode.ERROR, message: boundMessage(String(error.message ?? '')) })
}
