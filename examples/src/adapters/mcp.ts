// MCP, version 2: a client calls tools of a server over HTTP, one of which asks a person before it goes on.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { acceptedContent, createMcpHandler, inputRequired, McpServer, type ServerContext } from '@modelcontextprotocol/server'
import { handoff, pipeline, start, step } from '@seamtrace/sdk'
import { instrumentMcp } from '@seamtrace/sdk/mcp'

const seamtrace = start({ service: 'mcp' })

const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] })
const approval = {
  message: 'Refund order 7?',
  requestedSchema: { type: 'object' as const, properties: { ok: { type: 'boolean' as const } } },
}

// the server, which may as well be another process
const handler = createMcpHandler(() => {
  const server = instrumentMcp(new McpServer({ name: 'orders', version: '1.0.0' }))
  server.registerTool('get_order', { description: 'Looks up an order' }, () => text('order 7, 40.00'))
  server.registerTool('refund', { description: 'Pays back, once a person agrees' }, (ctx: ServerContext) => {
    const given = acceptedContent(ctx.mcpReq.inputResponses, 'approval')
    return given ? text('refunded') : inputRequired({ inputRequests: { approval: inputRequired.elicit(approval) } })
  })
  return server
})

// the client
const options = { capabilities: { elicitation: {} }, versionNegotiation: { mode: 'auto' as const } }
const client = instrumentMcp(new Client({ name: 'desk', version: '1.0.0' }, options))
client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { ok: true } }))
const fetch = (url: string | URL, init?: RequestInit): Promise<Response> => handler.fetch(new Request(url, init))
await client.connect(new StreamableHTTPClientTransport(new URL('http://orders.local/mcp'), { fetch }))

const said = async (name: string): Promise<string> => {
  const { content } = await client.callTool({ name })
  return content[0]?.type === 'text' ? content[0].text : ''
}

const answer = await pipeline('support-refund', { version: '1.0.0' }, async () => {
  const order = await step('look up', () => said('get_order'))
  return step('refund', { handoff: handoff('refund', { order }) }, () => said('refund'))
})

console.log(answer)
await client.close()
await handler.close()
await seamtrace.shutdown()
