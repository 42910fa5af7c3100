// Plain HTTP and RPC spans as calls: to a known model vendor a model call, to anywhere else the call of a tool.
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
    return isVendor(firstText(span.attributes, HOST)) ? 'model' : 'tool'
  },
  tells: (span, type) => (type === 'tool' ? { tool: callName(span) } : undefined),
})

export const rpc = emitter({
  name: 'rpc',
  marks: ['rpc.system', 'rpc.system.name'],
  typeOf: ({ kind }) => (kind === CLIENT_KIND ? 'tool' : 'other'),
  tells: ({ attributes, name }, type) => {
    const service = textAt(attributes, 'rpc.service')
    const method = textAt(attributes, 'rpc.method')
    return type === 'tool' ? { tool: service === '' ? method || name : `${service}/${method}` } : undefined
  },
})
