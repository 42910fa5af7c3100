// Looking something up: vector stores, search, knowledge bases. What was found is counted, with how well it fits.
import type { Attributes } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { optionsAndBody } from './arguments.ts'
import { type CallOptions, callUnit, recordOutputSize, resultStatus, runCall } from './call.ts'
import { isRecord } from './payload.ts'
import { boundMessage, contentIsOn, nameOf } from './redact.ts'
import { safely } from './safe.ts'
import type { Recorded, Unit, UnitSpec } from './unit.ts'

export interface RetrievalOptions<I, T = unknown> extends CallOptions<I> {
  /** how many documents are asked for */
  topK?: number
  namespace?: string
  /** numbers in the vector that is searched for */
  dimension?: number
  /** the documents in the result; default: the result, or its `matches`, `documents`, `hits`, `results`, `records`, `points` or `nodes` */
  documents?: (result: T) => readonly unknown[] | undefined
  /** how well one document fits; default: its `score` or `_score`, also of a pair of document and score */
  score?: (document: unknown) => number | undefined
}

type Body<T, I> = (input: I) => T

/**
 * Runs `fn` as a retrieval from the source `name` (vector store, search, knowledge base): how many documents it found, the best and
 * the worst score. Nothing found is marked as `empty`, an error with its status.
 * @example
 * const { hits } = await retrieval('handbook', { input: { query }, topK: 5, documents: (found: Found) => found.hits }, ({ query }) =>
 *   index.search(query, 5),
 * )
 */
export function retrieval<T, I = unknown>(name: string, options: RetrievalOptions<I, Awaited<T>> | undefined, fn: Body<T, I>): T
/** The same without options. */
export function retrieval<T>(name: string, fn: () => T): T
export function retrieval<T, I>(given: string, first: RetrievalOptions<I, Awaited<T>> | Body<T, I> | undefined, second?: Body<T, I>): T {
  const [options, fn] = optionsAndBody<RetrievalOptions<I, Awaited<T>>, Body<T, I>>(first, second)
  return runCall(retrievalUnit(given, options), options, fn)
}

export const retrievalUnit = <I, T>(given: unknown, options: RetrievalOptions<I, T>): Recorded =>
  callUnit(retrievalSpec(nameOf(given), options), options, (unit, result) => recordFound(unit, result, options))

export const retrievalSpec = <I, T>(name: string, { topK, namespace, dimension }: RetrievalOptions<I, T>): UnitSpec => ({
  kind: 'retrieval',
  name: `retrieval ${name}`,
  attributes: () => ({
    [GEN_AI.operationName]: 'retrieval',
    [GEN_AI.dataSourceId]: name,
    [SEAMTRACE.retrievalTopK]: topK,
    [SEAMTRACE.retrievalNamespace]: namespace === undefined ? undefined : nameOf(namespace),
    [SEAMTRACE.retrievalDimension]: dimension,
  }),
})

/** Writes down what a retrieval returned. A callback of the caller's that throws is counted, and the rest is told. */
export function recordFound<I, T>(unit: Unit, result: unknown, { documents, score }: RetrievalOptions<I, T> = {}): void {
  const found = documents ? safely(() => documents(result as T)) : documentsIn(result)
  const scores = (found ?? []).map((document) => safely(() => (score ?? scoreOf)(document))).filter((one) => typeof one === 'number')
  unit.span.setAttributes({
    [SEAMTRACE.toolResultStatus]: found === undefined ? resultStatus(result) : found.length === 0 ? 'empty' : 'ok',
    ...(found && { [SEAMTRACE.retrievalMatches]: found.length }),
    ...scoreAttributes(scores),
    ...idAttribute(found ?? []),
  })
  recordOutputSize(unit, result)
}

/** Best is the first of a list in order, and the higher one where a list is not; distances come the other way round. */
function scoreAttributes(scores: readonly number[]): Attributes {
  const [first, last] = [scores[0], scores.at(-1)]
  if (first === undefined || last === undefined) return {}
  const [low, high] = scores.reduce(([least, most], score) => [Math.min(least, score), Math.max(most, score)], [first, first])
  const isDistance = first === low && last === high && low !== high
  return { [SEAMTRACE.retrievalBestScore]: isDistance ? low : high, [SEAMTRACE.retrievalWorstScore]: isDistance ? high : low }
}

const LISTS = ['matches', 'documents', 'hits', 'results', 'records', 'points', 'nodes']

/** Pinecone's search has its `hits` in a `result`, and its `fetch` answers records by id. */
function documentsIn(result: unknown): readonly unknown[] | undefined {
  if (Array.isArray(result)) return result
  if (result === null) return []
  if (!isRecord(result)) return undefined
  for (const name of LISTS) {
    const value = result[name]
    if (Array.isArray(value)) return value
    if (name === 'records' && isRecord(value)) return Object.values(value)
  }
  return isRecord(result.result) ? documentsIn(result.result) : undefined
}

const scoreOf = (document: unknown): number | undefined => {
  const score = Array.isArray(document) ? document[1] : isRecord(document) ? (document.score ?? document._score) : undefined
  return typeof score === 'number' ? score : undefined
}

const MOST_IDS = 20

/** An id may tell of what is in a document: it is content. */
function idAttribute(found: readonly unknown[]): Attributes {
  if (!contentIsOn()) return {}
  const ids = found.slice(0, MOST_IDS).map((document) => (isRecord(document) ? (document.id ?? document._id) : undefined))
  const known = ids.filter((id) => typeof id === 'string' || typeof id === 'number')
  return known.length === 0 ? {} : { [SEAMTRACE.retrievalIds]: known.map((id) => boundMessage(nameOf(String(id)))) }
}

const METHODS = ['invoke', 'retrieve', 'getRelevantDocuments'] as const
const instrumented = new WeakSet<object>()

/**
 * Records every call of a retriever (`invoke` as LangChain has it, or `retrieve`) as a {@link retrieval}, and returns the same object.
 * @example const retriever = instrumentRetriever('handbook', store.asRetriever({ k: 5 }))
 */
export function instrumentRetriever<R extends object>(name: string, retriever: R, options: Omit<RetrievalOptions<never>, 'input'> = {}): R {
  safely(() => {
    if (instrumented.has(retriever)) return
    instrumented.add(retriever)
    // one calls the other: LangChain's `getRelevantDocuments` its `invoke`
    const method = METHODS.find((one) => typeof Reflect.get(retriever, one) === 'function')
    if (method !== undefined) wrap(name, retriever, method, options)
  })
  return retriever
}

function wrap(name: string, retriever: object, method: string, options: Omit<RetrievalOptions<never>, 'input'>): void {
  const ask: unknown = Reflect.get(retriever, method)
  if (typeof ask !== 'function') return
  const k: unknown = Reflect.get(retriever, 'k')
  const known = typeof k === 'number' ? { topK: k, ...options } : options
  Reflect.set(retriever, method, (...args: unknown[]): unknown =>
    retrieval(name, { ...known, input: args[0] }, () => Reflect.apply(ask, retriever, args)),
  )
}
