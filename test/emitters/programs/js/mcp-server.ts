// An MCP server over standard input and output: one tool that works, one that says it failed, one that is slow.
import { setTimeout as wait } from 'node:timers/promises'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'

const server = new McpServer({ name: 'orders', version: '1.0.0' })
const inputSchema = { orderId: z.string() }
const text = (said: string, isError = false) => ({ content: [{ type: 'text' as const, text: said }], isError })

let failures = Number(process.argv[2] ?? 0)
server.registerTool('get_order', { description: 'Looks up an order', inputSchema }, async ({ orderId }) => {
  failures -= 1
  return failures >= 0 ? text('order service answered 503', true) : text(`${orderId} is shipped`)
})
server.registerTool('slow_order', { description: 'Looks up an order, slowly', inputSchema }, async ({ orderId }) => {
  await wait(2000, undefined, { ref: false })
  return text(`${orderId} is shipped`)
})
await server.connect(new StdioServerTransport())
