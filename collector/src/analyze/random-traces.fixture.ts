// Traces of random programs for property tests: what real emitters send, in several dialects, and what becomes of it on the way.
import { type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import { recognize } from '../recognize/recognize.ts'
import { type Sent, sentSpan } from '../recognize/sent.fixture.ts'

/** A stream of random choices that a number determines (mulberry32). */
export type Random = { below: (count: number) => number; chance: (share: number) => boolean; pick: <T>(list: readonly T[]) => T }

export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number): number => Math.floor(next() * count)
  return { below, chance: (share) => next() < share, pick: (list) => list[below(list.length)] as (typeof list)[number] }
}

type Kind = 'pipeline' | 'agent' | 'step' | 'model' | 'tool' | 'handoff' | 'retry' | 'attempt' | 'check' | 'human' | 'state' | 'other'
type Attributes = { [key: string]: NonNullable<Sent['attributes']>[string] | undefined }
/** How an emitter tells of a unit; kinds that it does not know are left out of its spans. */
type Dialect = { scope: string; tells: (kind: Kind, name: string, random: Random) => { name: string; attributes: Attributes } | null }

const usage = (random: Random): Attributes => ({
  'gen_ai.request.model': random.pick(['gpt-4o-mini', 'claude-haiku-4-5', 'in-house-7b']),
  ...(random.chance(0.8) && { 'gen_ai.usage.input_tokens': random.below(2_000), 'gen_ai.usage.output_tokens': random.below(200) }),
  ...(random.chance(0.3) && { 'gen_ai.response.id': `resp-${random.below(20)}` }),
})
const input = (key: string, random: Random): Attributes => (random.chance(0.6) ? { [key]: `{"id":${random.below(3)}}` } : {})

const seamtrace: Dialect = {
  scope: '@seamtrace/sdk',
  tells: (kind, name, random) => ({
    name: `${kind} ${name}`,
    attributes: {
      [SEAMTRACE.spanKind]: kind,
      ...(kind === 'pipeline' && { [SEAMTRACE.pipelineName]: name }),
      ...(kind === 'step' && { [SEAMTRACE.stepName]: name, ...(random.chance(0.2) && { [SEAMTRACE.stateMissingKeys]: ['order'] }) }),
      ...(kind === 'attempt' && { [SEAMTRACE.attemptNumber]: 1 + random.below(3) }),
      ...(kind === 'handoff' && { [SEAMTRACE.handoffId]: `h-${random.below(4)}`, [SEAMTRACE.handoffTo]: name }),
      ...(kind === 'check' && {
        [SEAMTRACE.checkResult]: random.pick(['pass', 'fail']),
        [SEAMTRACE.checkTarget]: random.pick(['result', name]),
      }),
      ...(kind === 'human' && { [SEAMTRACE.humanDecision]: random.pick(['approved', 'rejected', 'expired']) }),
      ...(kind === 'tool' && { [SEAMTRACE.callInputDigest]: random.pick(['a', 'b']), [SEAMTRACE.toolSideEffect]: random.chance(0.5) }),
      ...(kind === 'model' && { ...usage(random), [SEAMTRACE.callInputDigest]: random.pick(['a', 'b', 'c']) }),
    },
  }),
}

const genAi: Dialect = {
  scope: 'my.program',
  tells: (kind, name, random) => {
    const operation = { pipeline: 'invoke_workflow', agent: 'invoke_agent', model: 'chat', tool: 'execute_tool' }[kind as string]
    if (!operation) return null
    const own = {
      invoke_workflow: { 'gen_ai.workflow.name': name },
      invoke_agent: { 'gen_ai.agent.name': name },
      chat: { 'gen_ai.provider.name': 'openai', ...usage(random) },
      execute_tool: {
        'gen_ai.tool.name': random.chance(0.15) ? `transfer_to_${name}` : name,
        ...input('gen_ai.tool.call.arguments', random),
      },
    }[operation]
    return { name: `${operation} ${name}`, attributes: { 'gen_ai.operation.name': operation, ...own } }
  },
}

const vercel: Dialect = {
  scope: 'gen_ai',
  tells: (kind, name, random) => {
    const told = genAi.tells(kind, name, random)
    if (kind === 'model' && random.chance(0.4))
      return told && { ...told, attributes: { ...told.attributes, 'gen_ai.response.finish_reasons': ['tool-calls'] } }
    return told
  },
}

const langgraph: Dialect = {
  scope: '@arizeai/openinference-instrumentation-langchain',
  tells: (kind, name, random) => {
    const type = { pipeline: 'CHAIN', agent: 'AGENT', step: 'CHAIN', model: 'LLM', tool: 'TOOL', other: 'CHAIN' }[kind as string]
    if (!type) return null
    const metadata = kind === 'step' ? { metadata: JSON.stringify({ langgraph_node: name, langgraph_step: random.below(5) }) } : {}
    const tokens = {
      'llm.model_name': 'gpt-4o-mini',
      'llm.token_count.prompt': random.below(900),
      'llm.token_count.completion': random.below(90),
    }
    return {
      name: kind === 'pipeline' ? 'LangGraph' : name,
      attributes: { 'openinference.span.kind': type, ...metadata, ...input('input.value', random), ...(kind === 'model' && tokens) },
    }
  },
}

const openaiAgents: Dialect = {
  scope: 'openinference.instrumentation.openai_agents',
  tells: (kind, name, random) => {
    const type = { pipeline: 'AGENT', agent: 'AGENT', model: 'LLM', tool: 'TOOL', handoff: 'TOOL', check: 'GUARDRAIL', other: 'CHAIN' }[
      kind as string
    ]
    if (!type) return null
    const told = {
      ...(kind === 'agent' && { 'graph.node.id': name }),
      ...(kind === 'model' && { 'llm.token_count.prompt': random.below(500) }),
    }
    const asked = kind === 'tool' ? { ...input('input.value', random), ...(random.chance(0.7) && { 'output.value': 'ok' }) } : {}
    return { name: kind === 'handoff' ? `handoff to ${name}` : name, attributes: { 'openinference.span.kind': type, ...told, ...asked } }
  },
}

const adk: Dialect = {
  scope: 'gcp.vertex.agent',
  tells: (kind, name, random) => {
    const word = {
      pipeline: 'invocation',
      agent: 'invoke_agent',
      step: 'execute_node',
      attempt: 'execute_node_attempt',
      model: 'call_llm',
      tool: 'execute_tool',
    }
    const own = kind === 'handoff' ? 'execute_tool' : (word as Record<string, string>)[kind]
    if (!own) return null
    if (kind === 'handoff')
      return { name: 'execute_tool transfer_to_agent', attributes: { 'gcp.vertex.agent.tool_call_args': `{"agent_name":"${name}"}` } }
    const attributes = {
      ...(kind === 'model' && random.chance(0.9) && usage(random)),
      ...(kind === 'tool' && { 'gen_ai.tool.call.id': `adk-${random.below(5)}`, ...input('gcp.vertex.agent.tool_call_args', random) }),
      ...(kind === 'step' && { 'adk.node.path': `root.${name}`, 'adk.node.status': random.pick(['completed', 'failed', 'waiting']) }),
      ...(kind === 'attempt' && { 'adk.node.attempt': 1 + random.below(3), 'adk.node.status': random.pick(['completed', 'failed']) }),
    }
    return { name: kind === 'pipeline' || kind === 'model' ? own : `${own} ${name}`, attributes }
  },
}

const http: Dialect = {
  scope: '@opentelemetry/instrumentation-undici',
  tells: (kind, name, random) => {
    if (kind !== 'other' && kind !== 'tool') return null
    const status = random.pick([200, 200, 429, 503])
    const resends = random.chance(0.2) ? { 'http.request.resend_count': random.below(4) } : {}
    return {
      name: 'POST',
      attributes: { 'http.request.method': 'POST', 'server.address': name, 'http.response.status_code': status, ...resends },
    }
  },
}

const DIALECTS = [seamtrace, seamtrace, genAi, vercel, langgraph, openaiAgents, adk]
const INSIDE: readonly Kind[] = [
  'agent',
  'step',
  'model',
  'model',
  'tool',
  'tool',
  'handoff',
  'retry',
  'attempt',
  'check',
  'human',
  'state',
  'other',
]
const NAMES = ['plan', 'act', 'verify', 'memory', 'billing']
const ERRORS = [
  '',
  'timed out',
  'KeyError: amount',
  '429 Too Many Requests',
  'invalid input: ZodError',
  'maximum steps reached',
  'unknown agent billing',
]
const STEERING = ['GraphInterrupt', 'ParentCommand', 'AbortError', 'CancelledError']
const START = 1_790_000_000_000_000_000n

const defined = (attributes: Attributes): NonNullable<Sent['attributes']> =>
  Object.fromEntries(Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))

type Laid = { random: Random; trace: number; spans: RecognizedSpan[]; cutsToMillis: boolean; session: string; runId: string }

const idOf = (index: number, digits: number): string => (index + 1).toString(16).padStart(digits, '0')

const add = (laid: Laid, dialect: Dialect, kind: Kind, parent: string, start: bigint, end: bigint): string | null => {
  const { random, spans } = laid
  const told = dialect.tells(kind, random.pick(NAMES), random)
  if (!told) return null
  const failed = random.chance(0.25)
  const thrown = failed && random.chance(0.3) ? { exception: { type: random.pick(STEERING), message: 'stop' } } : {}
  const own = laid.runId !== '' && kind === 'pipeline' && { [SEAMTRACE.runId]: laid.runId }
  const session = laid.session !== '' && { 'session.id': laid.session }
  const error = failed && { error: random.pick(ERRORS) }
  const attributes = defined({ ...told.attributes, ...session, ...own })
  const span = sentSpan({ name: told.name, scope: dialect.scope, isRoot: parent === '', attributes, ...error, ...thrown })
  const spanId = idOf(spans.length, 16)
  const cut = laid.cutsToMillis ? start - (start % 1_000_000n) : start
  const ids = { traceId: idOf(laid.trace, 32), spanId, parentSpanId: parent }
  spans.push(recognize({ ...span, ...ids, startTimeUnixNano: cut, endTimeUnixNano: end < cut ? cut : end }))
  return spanId
}

/** Lays spans below a parent, one after the other or side by side; what a dialect does not tell is left out, what is inside is not. */
const lay = (laid: Laid, dialect: Dialect, parent: string, from: bigint, to: bigint, depth: number): void => {
  const { random } = laid
  const count = depth === 0 ? 0 : random.below(4)
  const length = (to - from) / BigInt(count + 1)
  let at = from
  for (let index = 0; index < count; index++) {
    const own = random.chance(0.1) ? http : random.chance(0.1) ? random.pick(DIALECTS) : dialect
    const [start, end] = [at, at + (length * BigInt(50 + random.below(60))) / 100n]
    const spanId = add(laid, own, random.pick(INSIDE), parent, start, end)
    lay(laid, own === http ? dialect : own, spanId ?? parent, start + 1_000n, end - 1_000n, depth - 1)
    if (random.chance(0.8)) at = end
  }
}

const oneTrace = (random: Random, trace: number, shared: { session: string; runId: string }): RecognizedSpan[] => {
  const laid: Laid = { random, trace, spans: [], cutsToMillis: random.chance(0.5), ...shared }
  const start = START + (random.chance(0.1) ? 0n : BigInt(trace) * 60_000_000_000n) + BigInt(random.below(1_000_000))
  const end = start + BigInt(1 + random.below(30_000)) * 1_000_000n
  const dialect = random.pick(DIALECTS)
  const root = add(laid, dialect, random.pick(['pipeline', 'pipeline', 'agent', 'other', 'model']), '', start, end)
  lay(laid, dialect, root ?? '', start + 1_000n, end - 1_000n, 4)
  return laid.spans
}

/** What a network, a crash, or a wrong clock makes of spans: lost ones, parents in a circle, ids that come twice with other contents. */
const disturbed = (spans: readonly RecognizedSpan[], random: Random): RecognizedSpan[] => {
  const kept = random.chance(0.3) ? spans.filter(() => random.chance(0.85)) : [...spans]
  if (random.chance(0.2)) {
    for (const [index, span] of kept.entries()) if (random.chance(0.2)) kept[index] = { ...span, parentSpanId: random.pick(kept).spanId }
  }
  if (random.chance(0.1)) {
    for (const [index, span] of kept.entries()) if (random.chance(0.2)) kept[index] = { ...span, endTimeUnixNano: span.startTimeUnixNano }
  }
  // a clock that knows seconds only
  if (random.chance(0.1)) {
    const second = (time: bigint): bigint => time - (time % 1_000_000_000n)
    for (const [index, span] of kept.entries()) {
      const [startTimeUnixNano, endTimeUnixNano] = [second(span.startTimeUnixNano), second(span.endTimeUnixNano)]
      kept[index] = { ...span, startTimeUnixNano, endTimeUnixNano }
    }
  }
  if (random.chance(0.1)) {
    const { startTimeUnixNano, endTimeUnixNano } = random.pick(spans)
    for (const [index, span] of kept.entries()) if (random.chance(0.5)) kept[index] = { ...span, startTimeUnixNano, endTimeUnixNano }
  }
  if (random.chance(0.2)) {
    const { traceId, spanId, parentSpanId } = random.pick(kept.length > 0 ? kept : [...spans])
    kept.push({ ...random.pick(spans), traceId, spanId, parentSpanId })
  }
  return kept
}

/** The spans of one to three traces, which may be of one session or of one run. */
export const randomSpans = (random: Random): RecognizedSpan[] => {
  const shared = { session: random.chance(0.3) ? 's-1' : '', runId: random.chance(0.15) ? 'r-1' : '' }
  const traces = random.chance(0.3) ? 2 + random.below(2) : 1
  const spans = Array.from({ length: traces }, (_, trace) => oneTrace(random, trace, shared)).flat()
  return spans.length === 0 ? spans : disturbed(spans, random)
}

/** In another order, some of them twice. */
export const shuffled = (spans: readonly RecognizedSpan[], random: Random): RecognizedSpan[] => {
  const mixed = [...spans, ...spans.filter(() => random.chance(0.2))]
  for (let index = mixed.length - 1; index > 0; index--) {
    const other = random.below(index + 1)
    const [one, two] = [mixed[index], mixed[other]] as [RecognizedSpan, RecognizedSpan]
    mixed[index] = two
    mixed[other] = one
  }
  return mixed
}
