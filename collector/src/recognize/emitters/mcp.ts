// MCP by its OpenTelemetry conventions: requests of a client, and what a server makes of them.
import { GEN_AI, type Span, type SpanType } from '@seamtrace/schema'
import { emitter, textAt } from '../emitter.ts'

const METHOD = 'mcp.method.name'
const TYPE_OF_METHOD = new Map<string, SpanType>(Object.entries({ 'tools/call': 'tool', 'resources/read': 'retrieval' } as const))

const SERVER_KIND = 2

/** Mistakes of the client, as JSON-RPC codes: the server did well to refuse them. */
const CLIENT_MISTAKES: ReadonlySet<string> = new Set(['-32700', '-32600', '-32601', '-32602', '-32002'])

/** The client's span is the call already: below it the server's would be a second one. */
export const typeOfMcp = ({ attributes, kind, parentSpanId }: Span): SpanType => {
  const type = TYPE_OF_METHOD.get(textAt(attributes, METHOD)) ?? 'other'
  return kind === SERVER_KIND && parentSpanId !== '' ? 'other' : type
}

export const mcp = emitter({
  name: 'mcp',
  marks: [METHOD],
  typeOf: typeOfMcp,
  keys: { source: ['mcp.resource.uri'] },
  tells: ({ attributes, kind, name }, type) => {
    const method = textAt(attributes, METHOD)
    const tool = type === 'tool' && !attributes.has(GEN_AI.toolName) ? name.slice(method.length).trim() : ''
    const refused = kind === SERVER_KIND && CLIENT_MISTAKES.has(textAt(attributes, 'rpc.response.status_code'))
    return { ...(tool !== '' && { tool }), ...(refused && { outcome: 'success' as const }) }
  },
})
