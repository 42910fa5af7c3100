// Plain database spans as calls: a query of a vector store is a retrieval, any other statement a call of that store.
import type { Span, SpanType } from '@seamtrace/schema'
import { emitter, firstText } from '../emitter.ts'

const SYSTEM = ['db.system.name', 'db.system']
const OPERATION = ['db.operation.name', 'db.operation']
const COLLECTION = ['db.collection.name', 'db.sql.table', 'db.mongodb.collection', 'db.namespace', 'db.name']

const VECTOR_STORES: ReadonlySet<string> = new Set(
  'pinecone weaviate qdrant chroma chromadb milvus marqo lancedb vespa vertex_ai'.split(' '),
)
const ASKS = ['query', 'search', 'get', 'fetch', 'recommend', 'similarity']

const isClient = ({ kind }: Span): boolean => kind === 3 || kind === 0

/** `pinecone.query` of Traceloop is of internal kind. */
export const typeOfDatabase = (span: Span): SpanType => {
  if (!VECTOR_STORES.has(firstText(span.attributes, SYSTEM).toLowerCase())) return isClient(span) ? 'tool' : 'other'
  const name = span.name.toLowerCase()
  // only takes it at hand; the search is a span of its own
  if (name === 'db.weaviate.collections.get') return 'other'
  return ASKS.some((word) => name.includes(word)) ? 'retrieval' : 'tool'
}

// Weaviate's `{ Get { Policies(nearVector: …`, as OpenLLMetry and conventions have it
const GRAPHQL = ['db.weaviate.client.graphql_raw_query.gql_query', 'db.query.text', 'db.statement']
const SEARCHED_CLASS = /\b(?:Get|Aggregate)\s*\{\s*(\w+)/

const searchedClass = (attributes: Span['attributes']): string =>
  firstText(attributes, SYSTEM) === 'weaviate' ? (SEARCHED_CLASS.exec(firstText(attributes, GRAPHQL))?.[1] ?? '') : ''

/** What is searched in: a collection where one is told, else the store. */
export const storeName = ({ attributes }: Span): string =>
  firstText(attributes, COLLECTION) || searchedClass(attributes) || firstText(attributes, SYSTEM).toLowerCase()

export const database = emitter({
  name: 'db',
  marks: SYSTEM,
  typeOf: typeOfDatabase,
  // the whole statement may stand in the span name: new in every span
  tells: ({ attributes }, type) => {
    const parts = [firstText(attributes, SYSTEM), firstText(attributes, OPERATION), firstText(attributes, COLLECTION)]
    return type === 'other' ? undefined : { tool: parts.filter(Boolean).join(' ') }
  },
})
