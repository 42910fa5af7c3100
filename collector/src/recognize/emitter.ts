// What recognition knows of an emitter: how its spans are told apart, which keys hold what, and what no single key tells.
import {
  type Attributes,
  type AttributeValue,
  CALL_ID,
  GEN_AI,
  OTEL,
  SEAMTRACE,
  type Span,
  type SpanOutcome,
  type SpanType,
} from '@seamtrace/schema'

/** Where a field stands: the first of the keys that holds something wins. */
type Keys = Record<keyof typeof COMMON_KEYS, readonly string[]>

/** What a span tells in a way of its emitter, where no key told it. A name '' leaves its unit without one: the span's is none. */
export type Told = {
  pipeline?: string
  step?: string
  agent?: string
  /** name of a call: of a tool, a store, a check or whom was asked */
  tool?: string
  runId?: string
  retryOf?: string
  sessionId?: string
  attempt?: number
  resends?: number
  outcome?: SpanOutcome
  errorType?: string
  errorMessage?: string
  /** the model that was asked for */
  model?: string
  /** pass | fail of a check, ok | error | empty of a call, what a person decided */
  verdict?: string
  handoffFrom?: string
  handoffTo?: string
  handoffStatus?: string
}

type Spec = {
  name: string
  /** names of its instrumentation scopes; a `*` at the end stands for any rest */
  scopes?: readonly string[]
  /** keys that nobody else writes, for spans in a scope of the program itself */
  marks?: readonly string[]
  /** undefined: what the GenAI operation name says */
  typeOf?: (span: Span, operation: string) => SpanType | undefined
  /** its own keys, asked after those of OpenTelemetry */
  keys?: Partial<Keys>
  tells?: (span: Span, type: SpanType) => Told | undefined
  facts?: readonly EmitterFact[]
}

/** What the analysis has to know of an emitter, since no span of it says so. */
export type EmitterFact =
  /** its agents show every model that they ask: of others an agent without one may have asked some unseen */
  | 'shows models'
  /** its roots end well, or without a status, also where what ran below them did not */
  | 'silent roots'
  /** a graph that is a node has a span of its own below the node's, with the same name (LangGraph) */
  | 'repeats graphs'
  /** its agent stays in charge to the end, which is an answer of its model; its own span never tells an error */
  | 'ends with an answer'
  /** a tool that was not allowed has a span of that decision, and none of being carried out */
  | 'decides before tools'
  /** client and server tell of one call, the server right below the client */
  | 'tells both sides'
  /** all nodes of an execution hang below it, also the models and tools of an agent; one that waits stopped in its last node */
  | 'flat executions'

export type Emitter = Required<Spec> & { keys: Keys }

/** OpenTelemetry's own, of every emitter. Each key that a span has not costs 15 ns: only what many send stands here. */
const COMMON_KEYS = {
  pipeline: [SEAMTRACE.pipelineName, GEN_AI.workflowName],
  step: [SEAMTRACE.stepName, GEN_AI.stepName],
  agent: [GEN_AI.agentName],
  tool: [GEN_AI.toolName],
  /** what a tool answered, as text or JSON */
  result: ['gen_ai.tool.call.result'],
  /** what was searched or remembered in */
  source: [GEN_AI.dataSourceId],
  check: [SEAMTRACE.checkName, GEN_AI.evaluationName],
  human: [SEAMTRACE.humanName],
  model: [GEN_AI.responseModel, GEN_AI.requestModel],
  provider: [GEN_AI.providerName, GEN_AI.system],
  session: [GEN_AI.conversationId, OTEL.sessionId],
  user: [OTEL.userId, OTEL.userIdOld],
  response: [GEN_AI.responseId],
  errorType: [OTEL.errorType],
  errorMessage: [],
  finish: [GEN_AI.finishReasons],
  httpStatus: [OTEL.httpStatus, OTEL.httpStatusOld],
  handoffFrom: [SEAMTRACE.handoffFrom, GEN_AI.handoffFrom, GEN_AI.handoffFromOld],
  handoffTo: [SEAMTRACE.handoffTo, GEN_AI.transferTo, GEN_AI.handoffTo, GEN_AI.handoffToOld],
} as const satisfies Record<string, readonly string[]>

const keysWith = (own: Partial<Keys>): Keys => {
  const after = (field: keyof Keys): readonly string[] => [...COMMON_KEYS[field], ...(own[field] ?? [])]
  const fields = Object.keys(COMMON_KEYS) as (keyof Keys)[]
  return Object.fromEntries(fields.map((field) => [field, after(field)])) as Keys
}

/** Completes the table of an emitter. All have every field, so that reading them stays fast. */
export const emitter = ({ name, scopes = [], marks = [], typeOf = noType, keys = {}, tells = nothing, facts = [] }: Spec): Emitter => ({
  name,
  scopes,
  marks,
  typeOf,
  keys: keysWith(keys),
  tells,
  facts,
})

const noType = (): undefined => undefined
const nothing = (): undefined => undefined

/** As `attributeText`, for one key, without a list of keys. */
export const textAt = (attributes: Attributes, key: string): string => {
  const value = attributes.get(key)
  return typeof value === 'string' ? value : value === undefined ? '' : scalarText(value)
}

const scalarText = (value: AttributeValue): string => {
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  return value !== null && typeof value === 'object' && 'double' in value ? String(value.double) : ''
}

/** The first of the keys that holds a text. */
export const firstText = (attributes: Attributes, keys: readonly string[]): string => {
  for (let index = 0; index < keys.length; index++) {
    const text = textAt(attributes, keys[index] as string)
    if (text !== '') return text
  }
  return ''
}

/** What follows a word and a space: the tool in `execute_tool search`; '' without the word. */
export const nameAfter = (name: string, word: string): string => (name.startsWith(`${word} `) ? name.slice(word.length + 1) : '')

// `call_R7wQ…`, `toolu_01Ab…`, a UUID: with a digit, for a long word is none
const RANDOM_ID = /(?=[A-Za-z]*\d)[A-Za-z0-9]{16,}$|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** What joins two traces that tell of one call; '' where its id is none of those that vendors make at random (`call_0`). */
export const runOfCall = (id: string): string => (id.length <= LONGEST_ID && RANDOM_ID.test(id) ? `${CALL_ID}${id}` : '')
// to look for a digit from every letter on takes time by the square
const LONGEST_ID = 100

/** The target of `transfer_to_billing`, `handoff_to_billing`; '' for other names. */
export const transferTarget = (tool: string): string => {
  const word = TRANSFERS.find((start) => tool.startsWith(start))
  return word === undefined ? '' : tool.slice(word.length)
}
const TRANSFERS: readonly string[] = ['transfer_to_', 'transfer_back_to_', 'handoff_to_']

// Only small texts are worth a look inside; a payload is no place for a name.
const LONGEST_JSON = 16_384

/** A text of an object in JSON: `{"agent_name":"billing"}` → billing; '' where there is none. */
export const jsonText = (json: string, key: string): string => {
  if (json.length > LONGEST_JSON || !json.includes(`"${key}"`)) return ''
  try {
    const parsed: unknown = JSON.parse(json)
    const value: unknown = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed).find(([name]) => name === key)?.[1] : ''
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  } catch {
    return ''
  }
}

/** The outcome that a boolean `success` tells; undefined without one. */
export const successOf = (attributes: Attributes, key: string): SpanOutcome | undefined => {
  const text = textAt(attributes, key)
  return text === 'true' ? 'success' : text === 'false' ? 'failure' : undefined
}
