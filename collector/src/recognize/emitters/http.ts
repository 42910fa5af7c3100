// Plain HTTP and RPC spans as calls: to a known model vendor a model call, to a vector store a retrieval, else the call of a tool.
import type { Span } from '@seamtrace/schema'
import { emitter, firstText, textAt } from '../emitter.ts'

const METHOD = ['http.request.method', 'http.method']
const HOST = ['server.address', 'net.peer.name', 'http.host']

const VENDOR_HOSTS: ReadonlySet<string> = new Set([
  'api.openai.com',
  'api.anthropic.com',
  'generativelanguage.googleapis.com',
  'aiplatform.googleapis.com',
  'api.mistral.ai',
  'api.cohere.com',
  'api.groq.com',
  'api.x.ai',
  'api.deepseek.com',
  'api.perplexity.ai',
  'openrouter.ai',
])
const VENDOR_ENDINGS = ['.openai.azure.com', '-aiplatform.googleapis.com']

const isVendor = (host: string): boolean =>
  VENDOR_HOSTS.has(host) || VENDOR_ENDINGS.some((ending) => host.endsWith(ending)) || host.startsWith('bedrock-runtime.')

const CLIENT_KIND = 3

const callName = (span: Span): string => {
  const method = firstText(span.attributes, METHOD) || span.name
  const host = firstText(span.attributes, HOST)
  return host === '' ? span.name : `${method} ${host}${textAt(span.attributes, 'url.template')}`
}

export const http = emitter({
  name: 'http',
  marks: METHOD,
  typeOf: (span) => {
    if (span.kind !== CLIENT_KIND) return 'other'
    if (!isVendor(firstText(span.attributes, HOST))) return 'tool'
    // asking how work in the background goes, or which models there are, infers nothing
    return firstText(span.attributes, METHOD) === 'GET' ? 'other' : 'model'
  },
  tells: (span, type) => (type === 'tool' ? { tool: callName(span) } : undefined),
})

/** Searches in vector stores whose clients speak gRPC and make no spans themselves; by service and method, which is which store. */
const VECTOR_SEARCHES: readonly (readonly [RegExp, string])[] = [
  [/^google\.cloud\.aiplatform\.\w+\.MatchService\//, 'vertex_ai'],
  [/^google\.cloud\.vectorsearch\.\w+\.\w*SearchService\//, 'vertex_ai'],
  [/^weaviate\.v1\.Weaviate\/Search$/, 'weaviate'],
  [/^qdrant\.Points\/(?:Search|Query|Recommend)/, 'qdrant'],
]

const searchedStore = ({ attributes }: Span): string => {
  const called = `${textAt(attributes, 'rpc.service')}/${textAt(attributes, 'rpc.method')}`
  return VECTOR_SEARCHES.find(([pattern]) => pattern.test(called))?.[1] ?? ''
}

export const rpc = emitter({
  name: 'rpc',
  marks: ['rpc.system', 'rpc.system.name'],
  typeOf: (span) => {
    if (span.kind !== CLIENT_KIND) return 'other'
    return searchedStore(span) === '' ? 'tool' : 'retrieval'
  },
  tells: (span, type) => {
    if (type === 'retrieval') return { tool: searchedStore(span) }
    const { attributes, name } = span
    const service = textAt(attributes, 'rpc.service')
    const method = textAt(attributes, 'rpc.method')
    return type === 'tool' ? { tool: service === '' ? method || name : `${service}/${method}` } : undefined
  },
})
