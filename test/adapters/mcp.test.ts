// Pipelines on MCP's version 2, as Seamtrace tells of them: both sides of a call are one, and what waits or is given up is no error.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { acceptedContent, createMcpHandler, inputRequired, McpServer, type ServerContext } from '@modelcontextprotocol/server'
import { pipeline, step } from '@seamtrace/sdk'
import { instrumentMcp } from '@seamtrace/sdk/mcp'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { callsOf, runOf } from './analyzed.fixture.ts'

const text = (said: string, isError = false) => ({ content: [{ type: 'text' as const, text: said }], isError })
const SURE = { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: { sure: { type: 'boolean' as const } } } }

const orders = (): McpServer => {
  const server = instrumentMcp(new McpServer({ name: 'orders', version: '1.0.0' }))
  server.registerTool('get_order', {}, () => text('order 7'))
  server.registerTool('refuse', {}, () => text('the warehouse does not answer', true))
  server.registerTool(
    'hang',
    {},
    (ctx) => new Promise((resolve) => ctx.mcpReq.signal.addEventListener('abort', () => resolve(text('late')))),
  )
  server.registerTool('confirm', {}, (ctx: ServerContext) => {
    const given = acceptedContent(ctx.mcpReq.inputResponses, 'sure')
    return given ? text('confirmed') : inputRequired({ inputRequests: { sure: inputRequired.elicit(SURE) } })
  })
  return server
}

const handler = createMcpHandler(orders)
let client: Client
beforeEach(async () => {
  const fetch = (url: string | URL, init?: RequestInit): Promise<Response> => handler.fetch(new Request(url, init))
  const options = { capabilities: { elicitation: {} }, versionNegotiation: { mode: 'auto' as const } }
  client = instrumentMcp(new Client({ name: 'desk', version: '1.0.0' }, options))
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { sure: true } }))
  await client.connect(new StreamableHTTPClientTransport(new URL('http://orders.test/mcp'), { fetch }))
})
afterEach(() => client.close())

type Options = NonNullable<Parameters<Client['callTool']>[1]>

const desk = (name: string, options: Options = {}): Promise<unknown> =>
  pipeline('order-desk', { ...(options.signal && { signal: options.signal }) }, () =>
    step('look up', async () => {
      const { isError } = await client.callTool({ name }, options)
      if (isError) throw new Error(`${name} failed`)
    }),
  )

it('both sides of a call are one call', async () => {
  const run = await runOf(() => desk('get_order'))
  expect([run.outcome, run.failures, callsOf(run)]).toEqual(['success', [], ['tool get_order success ×1']])
})

it('a tool that needs input neither fails nor leaves the run waiting', async () => {
  const run = await runOf(() => desk('confirm'))
  expect([run.outcome, run.recovered, run.failures]).toEqual(['success', false, []])
  expect(run.calls.map(({ type, outcome }) => `${type} ${outcome}`)).toEqual(expect.arrayContaining(['tool success', 'human success']))
})

it('a tool that says that it failed is charged, although the protocol went well', async () => {
  const run = await runOf(() => desk('refuse'))
  expect([run.outcome, run.attributedTo?.seam, run.attributedTo?.kind]).toEqual(['failure', 'look up→refuse', 'tool_error'])
})

it('a tool that takes too long is charged as that', async () => {
  const run = await runOf(() => desk('hang', { timeout: 200 }))
  expect([run.outcome, run.attributedTo?.seam, run.attributedTo?.kind]).toEqual(['failure', 'look up→hang', 'tool_timeout'])
})

it('an unknown tool is charged to its caller as a wrong call', async () => {
  const run = await runOf(() => desk('nowhere'))
  expect([run.outcome, run.attributedTo?.seam]).toEqual(['failure', 'look up→nowhere'])
})
