// What an MCP client and server tell of their requests, over real transports of the real SDK.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { SpanKind } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { GEN_AI, MCP, OTEL, SEAMTRACE } from '@seamtrace/schema'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../../test/spans.ts'
import { tool } from '../call.ts'
import { step } from '../step.ts'
import { instrumentMcp } from './mcp.ts'

let spans: Recorder
let http: Server | undefined
let client: Client
beforeEach(() => {
  spans = recordSpans()
  client = instrumentMcp(new Client({ name: 'desk', version: '1.0.0' }, { capabilities: { elicitation: {} } }))
})
afterEach(async () => {
  await client.close()
  http?.closeAllConnections()
  http?.close()
  await spans.stop()
})

const text = (said: string, isError = false) => ({ content: [{ type: 'text' as const, text: said }], isError })

const orders = (): McpServer => {
  const server = instrumentMcp(new McpServer({ name: 'orders', version: '1.0.0' }))
  server.registerTool('get_order', {}, () => tool('database', () => text('order 7')))
  server.registerTool('refuse', {}, () => text('no such order', true))
  server.registerTool('hang', {}, () => new Promise(() => {}))
  server.registerTool('ask', {}, async () => {
    const { action } = await server.server.elicitInput({ message: 'Sure?', requestedSchema: { type: 'object', properties: {} } })
    return text(action)
  })
  server.registerResource('policy', 'docs://policy/refunds', {}, () => ({ contents: [{ uri: 'docs://policy/refunds', text: '30 days' }] }))
  return server
}

const inMemory = async (): Promise<void> => {
  const [near, far] = InMemoryTransport.createLinkedPair()
  await Promise.all([orders().connect(far), client.connect(near)])
}

const overHttp = async (): Promise<void> => {
  http = createServer(async (request, response) => {
    const transport = new StreamableHTTPServerTransport({})
    await orders().connect(transport as Parameters<McpServer['connect']>[0])
    await transport.handleRequest(request, response)
  })
  await new Promise<void>((resolve) => http?.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/`)) as Parameters<Client['connect']>[0])
}

const sides = async (name: string): Promise<{ asked: ReadableSpan; answered: ReadableSpan }> => {
  const both = await spans.named(name)
  expect(both.map(({ kind }) => kind).sort()).toEqual([SpanKind.SERVER, SpanKind.CLIENT].sort())
  const [asked, answered] = [SpanKind.CLIENT, SpanKind.SERVER].map((kind) => both.find((span) => span.kind === kind) as ReadableSpan)
  return { asked: asked as ReadableSpan, answered: answered as ReadableSpan }
}

describe.each([
  ['in memory', inMemory],
  ['over HTTP', overHttp],
])('%s', (_name, connect) => {
  it('a call is one trace: the step, the client, the server, what the tool does', async () => {
    await connect()
    const answer = await step('look up', () => client.callTool({ name: 'get_order', arguments: { id: 7 } }))
    expect(answer).toMatchObject(text('order 7'))
    const { asked, answered } = await sides('tools/call get_order')
    expect(isChildOf(asked, await spans.one('step look up'))).toBe(true)
    expect(isChildOf(answered, asked)).toBe(true)
    expect(isChildOf(await spans.one('execute_tool database'), answered)).toBe(true)
    expect(asked.attributes).toMatchObject({
      [MCP.method]: 'tools/call',
      [GEN_AI.toolName]: 'get_order',
      [SEAMTRACE.stepName]: 'look up',
      [SEAMTRACE.toolResultStatus]: 'ok',
    })
    expect(asked.attributes[SEAMTRACE.callInputDigest]).toBe(answered.attributes[SEAMTRACE.callInputDigest])
    expect(asked.instrumentationScope.name).toBe('@seamtrace/sdk/mcp')
    expect(asked.attributes).not.toHaveProperty(SEAMTRACE.spanKind)
  })

  it('a tool that says that it failed has failed on both sides, and the program still gets its answer', async () => {
    await connect()
    expect(await client.callTool({ name: 'refuse' })).toMatchObject({ isError: true })
    for (const side of Object.values(await sides('tools/call refuse'))) {
      expect(side.attributes).toMatchObject({ [OTEL.errorType]: 'tool_error', [SEAMTRACE.toolResultStatus]: 'error' })
      expect([statusOf(side), side.status.message]).toEqual(['ERROR', 'no such order'])
    }
  })

  it('a resource is a retrieval, and what is only talk makes no span', async () => {
    await connect()
    await client.listTools()
    await client.readResource({ uri: 'docs://policy/refunds' })
    const { asked } = await sides('resources/read')
    expect(asked.attributes).toMatchObject({ [MCP.resourceUri]: 'docs://policy/refunds' })
    expect((await spans.all()).map(({ name }) => name)).toEqual(['resources/read', 'resources/read'])
  })

  it('a request that takes too long fails at the client with its code', async () => {
    await connect()
    await expect(client.callTool({ name: 'hang' }, undefined, { timeout: 50 })).rejects.toThrow('timed out')
    const [asked] = (await spans.named('tools/call hang')).filter(({ kind }) => kind === SpanKind.CLIENT)
    expect(asked?.attributes).toMatchObject({ [OTEL.rpcStatus]: '-32001' })
    expect(asked && statusOf(asked)).toBe('ERROR')
  })
})

it('a question to a person goes from the server to the client, with what was decided', async () => {
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' as const }))
  await inMemory()
  await client.callTool({ name: 'ask' })
  const { asked, answered } = await sides('elicitation/create')
  expect(isChildOf(answered, asked)).toBe(true)
  expect(asked.attributes).toMatchObject({ [SEAMTRACE.humanDecision]: 'rejected' })
})

it('the server ends what its client has given up', async () => {
  await inMemory()
  await expect(client.callTool({ name: 'hang' }, undefined, { timeout: 50 })).rejects.toThrow('timed out')
  await expect.poll(async () => (await spans.named('tools/call hang')).length).toBe(2)
  const { answered } = await sides('tools/call hang')
  expect(answered.attributes).toMatchObject({ [SEAMTRACE.outcome]: 'cancelled' })
})

it('the client is told of an unknown tool as it would be without', async () => {
  await inMemory()
  expect(await client.callTool({ name: 'nowhere' })).toMatchObject({ isError: true })
})

it('keeps the type, and takes what is no peer', () => {
  expectTypeOf(instrumentMcp(client)).toEqualTypeOf<Client>()
  expect(instrumentMcp(client)).toBe(client)
  expect(instrumentMcp({})).toEqual({})
  expect(instrumentMcp(Object.freeze({ request: () => 1, connect: () => 2 })).request()).toBe(1)
})
