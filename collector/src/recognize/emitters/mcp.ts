// MCP by its OpenTelemetry conventions: requests of a client, and what a server makes of them.
import { GEN_AI, MCP, type Span, type SpanType } from '@seamtrace/schema'
import { emitter, textAt } from '../emitter.ts'

const METHOD = MCP.method
const TYPE_OF_METHOD = new Map<string, SpanType>(
  Object.entries({ 'tools/call': 'tool', 'resources/read': 'retrieval', 'elicitation/create': 'human' } as const),
)

/** What a client and a server say to each other before and beside the work; alone in a trace it is no run. */
const TALK: ReadonlySet<string> = new Set(['initialize', 'server/discover', 'ping', 'logging/setLevel', 'completion/complete'])
const isTalk = (method: string): boolean => TALK.has(method) || method.startsWith('notifications/') || method.endsWith('/list')

const SERVER_KIND = 2

/** Mistakes of the client, as JSON-RPC codes: the server did well to refuse them. */
const CLIENT_MISTAKES: ReadonlySet<string> = new Set(['-32700', '-32600', '-32601', '-32602', '-32002'])

/** Where both sides tell of a call, the analysis takes the server's span, right below the client's, for the same one. */
export const typeOfMcp = ({ attributes }: Span): SpanType => {
  const method = textAt(attributes, METHOD)
  return TYPE_OF_METHOD.get(method) ?? (isTalk(method) ? 'setup' : 'other')
}

/** `tools/call get_order`, also behind what an SDK puts before it: `MCP send tools/call get_order`. */
const targetIn = (name: string, method: string): string => {
  const at = name.indexOf(method)
  return at < 0 ? '' : name.slice(at + method.length).trim()
}

const toolOf = (type: SpanType, target: string, method: string): string => {
  if (type === 'tool') return target
  // which resource, or what was asked, is rarely told
  if (type === 'retrieval') return target || method
  return type === 'human' ? 'elicitation' : ''
}

export const mcp = emitter({
  name: 'mcp',
  facts: ['tells both sides'],
  marks: [METHOD],
  // what our SDK tells of both sides
  scopes: ['@seamtrace/sdk/mcp'],
  typeOf: typeOfMcp,
  keys: { source: [MCP.resourceUri, MCP.promptName] },
  tells: ({ attributes, kind, name }, type) => {
    const method = textAt(attributes, METHOD)
    const tool = toolOf(type, attributes.has(GEN_AI.toolName) ? '' : targetIn(name, method), method)
    const refused = kind === SERVER_KIND && CLIENT_MISTAKES.has(textAt(attributes, 'rpc.response.status_code'))
    return { ...(tool !== '' && { tool }), ...(refused && { outcome: 'success' as const }) }
  },
})
