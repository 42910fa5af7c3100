// Makes a Pinecone index tell of what is looked up in it and written to it.
import type { Attributes } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { digestOf, isRecord } from '../payload.ts'
import { contentAttribute, nameOf } from '../redact.ts'
import { recordFound, retrievalSpec } from '../retrieval.ts'
import { safely } from '../safe.ts'
import { annotate, runUnit, type Unit, type UnitSpec } from '../unit.ts'
import { memberOf, textIn } from './fields.ts'
import { type Method, wrapMethod } from './methods.ts'
import { counted, during, type Requests, requestFacts, requestsOf } from './requests.ts'

const LOOK_UPS = ['query', 'searchRecords', 'searchDocuments', 'fetch', 'fetchByMetadata', 'fetchDocuments']
const WRITES = ['upsert', 'upsertRecords', 'upsertDocuments', 'update', 'updateDocuments', 'deleteOne', 'deleteMany', 'deleteAll']

const instrumented = new WeakSet<object>()
const counting = new WeakSet<object>()

/**
 * Records the queries, searches, fetches and writes of a Pinecone index, and those of its namespaces, and returns the same index: how
 * many matches, the best and the worst score, the requests that the client repeated, and the status of a refusal. Given a client, all
 * indexes that it opens from then on.
 * @param pinecone `Pinecone` or `Index` of `@pinecone-database/pinecone`
 * @example
 * const index = instrumentPinecone(new Pinecone({ apiKey }).index({ name: 'handbook' }))
 * const { matches } = await index.query({ topK: 5, vector })
 */
export function instrumentPinecone<P extends object>(pinecone: P): P {
  safely(() => {
    if (instrumented.has(pinecone)) return
    instrumented.add(pinecone)
    for (const name of ['index', 'Index', 'namespace']) wrapMethod(pinecone, name, (method, args) => opened(method(...args)))
    if (typeof memberOf(pinecone, 'query') === 'function') wrapIndex(pinecone)
  })
  return pinecone
}

const opened = (index: unknown): unknown => (typeof index === 'object' && index !== null ? instrumentPinecone(index) : index)

function wrapIndex(index: object): void {
  safely(() => countFetches(memberOf(index, 'config')))
  const target = memberOf(index, 'target')
  const name = nameOf(textIn(target, 'indexName') ?? hostName(textIn(target, 'indexHostUrl')))
  const namespace = textIn(target, 'namespace')
  for (const each of LOOK_UPS) wrapMethod(index, each, (method, args) => lookUp(name, namespace, each, method, args))
  for (const each of WRITES) wrapMethod(index, each, (method, args) => write(name, each, method, args))
}

/** An index that is known by its host alone: `handbook-a1b2c3.svc.…` is the index `handbook` of a project. */
const hostName = (host = 'pinecone'): string =>
  host
    .replace(/^https?:\/\//, '')
    .split('.', 1)
    .join('')
    .replace(/-[a-z0-9]{6,8}$/, '')

/** The client asks for its `fetch` when it first connects, and repeats what a server answers with 5xx. */
function countFetches(config: unknown): void {
  if (!isRecord(config)) return
  const given = config.fetchApi
  // a namespace has its index' configuration, or a copy of it
  if (typeof given === 'function' && counting.has(given)) return
  const send = (...request: unknown[]): Promise<Response> =>
    counted(() => Reflect.apply(typeof given === 'function' ? given : fetch, globalThis, request))
  counting.add(send)
  config.fetchApi = send
}

function lookUp(name: string, namespace: string | undefined, operation: string, method: Method, args: unknown[]): unknown {
  const asked = safely(() => askedOf(args[0])) ?? {}
  const spec = retrievalSpec(name, { namespace: asked.namespace ?? namespace, topK: asked.topK, dimension: asked.dimension })
  const details = (): Attributes => ({
    [SEAMTRACE.callInputDigest]: digestOf([operation, args[0]]),
    ...contentAttribute(SEAMTRACE.input, asked.shown),
  })
  return watched({ ...spec, name: `${operation} ${name}`, details }, method, args, (unit, result) => recordFound(unit, result))
}

type Asked = { topK?: number | undefined; namespace?: string | undefined; dimension?: number | undefined; shown?: unknown }

/** `query` and `fetch` have their options side by side, a search in its `query`. Of a vector nothing is read but its length. */
function askedOf(options: unknown): Asked {
  if (!isRecord(options)) return {}
  const { vector, sparseVector, ...shown } = options
  const topK = options.topK ?? memberOf(options.query, 'topK')
  return {
    ...{ shown, namespace: textIn(options, 'namespace') },
    ...(typeof topK === 'number' && { topK }),
    ...(Array.isArray(vector) && { dimension: vector.length }),
  }
}

function write(name: string, operation: string, method: Method, args: unknown[]): unknown {
  const spec: UnitSpec = {
    kind: 'tool',
    name: `${operation} ${name}`,
    attributes: () => ({
      [GEN_AI.operationName]: 'execute_tool',
      [GEN_AI.toolName]: `${operation} ${name}`,
      [SEAMTRACE.toolSideEffect]: true,
    }),
    details: () => ({ [SEAMTRACE.callInputDigest]: digestOf(args[0]) }),
  }
  return watched(spec, method, args, ({ span }) => void span.setAttribute(SEAMTRACE.toolResultStatus, 'ok'))
}

function watched(spec: UnitSpec, method: Method, args: unknown[], tell: (unit: Unit, result: unknown) => void): unknown {
  let requests: Requests | undefined
  const sent = (unit: Unit): unknown => {
    requests = requestsOf(unit)
    return during(requests, () => method(...args))
  }
  return runUnit(spec, sent, tell, (unit) => annotate(unit, () => (requests === undefined ? {} : requestFacts(requests))))
}
