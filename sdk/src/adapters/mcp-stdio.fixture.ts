// A server of MCP's version 2 over stdio, whose tool answers with the trace that came along.
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { start } from '../start.ts'
import { instrumentMcp } from './mcp.ts'

start({ service: 'orders', endpoint: process.argv[2] ?? 'http://127.0.0.1:1', spool: 'off' })
serveStdio(() => {
  const server = instrumentMcp(new McpServer({ name: 'orders', version: '1.0.0' }))
  server.registerTool('get_order', {}, (ctx) => ({ content: [{ type: 'text', text: String(ctx.mcpReq._meta?.traceparent) }] }))
  return server
})
