// What clients and servers of MCP's version 2 tell of their requests, in both eras of the protocol and over its transports.
import { fileURLToPath } from 'node:url'
import { Client, InMemoryTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { acceptedContent, createMcpHandler, inputRequired, McpServer, type ServerContext } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { SpanKind } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { MCP, OTEL, SEAMTRACE } from '@seamtrace/schema'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { isChildOf, type Recorder, recordSpans, statusOf } from '../../test/spans.ts'
import { tool } from '../call.ts'
import { step } from '../step.ts'
import { instrumentMcp } from './mcp.ts'

let spans: Recorder
let client: Client
let closes: (() => Promise<unknown>)[]
beforeEach(() => {
  spans = recordSpans()
  closes = []
})
afterEach(async () => {
  await client.close()
  for (const close of closes) await close()
  await spans.stop()
})

const text = (said: string, isError = false) => ({ content: [{ type: 'text' as const, text: said }], isError })
const SURE = { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: { sure: { type: 'boolean' as const } } } }

const THINK = { messages: [{ role: 'user' as const, content: { type: 'text' as const, text: 'Is it late?' } }], maxTokens: 10 }

const orders = (): McpServer => {
  const server = instrumentMcp(new McpServer({ name: 'orders', version: '1.0.0' }, { capabilities: { logging: {} } }))
  server.registerTool('get_order', {}, () => tool('database', () => text('order 7')))
  server.registerTool('refuse', {}, () => text('no such order', true))
  server.registerTool(
    'hang',
    {},
    (ctx) => new Promise((resolve) => ctx.mcpReq.signal.addEventListener('abort', () => resolve(text('late')))),
  )
  server.registerTool('slowly', {}, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken ?? ''
    for (const progress of [1, 2, 3]) await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress } })
    return text('done')
  })
  server.registerTool('confirm', {}, (ctx: ServerContext) => {
    const given = acceptedContent(ctx.mcpReq.inputResponses, 'sure')
    return given ? text(`sure: ${given.sure}`) : inputRequired({ inputRequests: { sure: inputRequired.elicit(SURE) } })
  })
  server.registerTool('think', {}, async (ctx) => text(JSON.stringify((await ctx.mcpReq.requestSampling(THINK)).content)))
  server.registerTool('think_first', {}, (ctx: ServerContext) =>
    ctx.mcpReq.inputResponses ? text('thought') : inputRequired({ inputRequests: { thought: inputRequired.createMessage(THINK) } }),
  )
  server.registerTool('ask', {}, async (ctx) => text((await ctx.mcpReq.elicitInput(SURE)).action))
  server.registerResource('policy', 'docs://policy', {}, () => ({ contents: [{ uri: 'docs://policy', text: '30 days' }] }))
  return server
}

const clientOf = (mode: 'legacy' | 'auto'): Client => {
  client = instrumentMcp(
    new Client({ name: 'desk', version: '1.0.0' }, { capabilities: { elicitation: {}, sampling: {} }, versionNegotiation: { mode } }),
  )
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { sure: true } }))
  client.setRequestHandler('sampling/createMessage', () => ({
    ...{ model: 'small', role: 'assistant' as const, content: { type: 'text' as const, text: 'no' } },
  }))
  return client
}

const inMemory = (mode: 'legacy' | 'auto') => async (): Promise<void> => {
  const [near, far] = InMemoryTransport.createLinkedPair()
  const served = serveStdio(orders, { transport: far })
  closes.push(() => served.close())
  await clientOf(mode).connect(near)
}

const overHttp = (mode: 'legacy' | 'auto') => async (): Promise<void> => {
  const handler = createMcpHandler(orders)
  closes.push(async () => handler.close())
  const fetch = (url: string | URL, init?: RequestInit): Promise<Response> => handler.fetch(new Request(url, init))
  await clientOf(mode).connect(new StreamableHTTPClientTransport(new URL('http://orders.test/mcp'), { fetch }))
}

const ofKind = async (name: string, kind: SpanKind): Promise<ReadableSpan[]> =>
  (await spans.named(name)).filter((span) => span.kind === kind)
const only = async (name: string, kind: SpanKind): Promise<ReadableSpan> => {
  const [span, ...more] = await ofKind(name, kind)
  if (span === undefined || more.length > 0) throw new Error(`cannot find one ${name}: there are ${more.length + (span ? 1 : 0)}`)
  return span
}
const answered = async (name: string, count = 1): Promise<ReadableSpan[]> => {
  await expect.poll(async () => (await ofKind(name, SpanKind.SERVER)).length, { timeout: 30_000 }).toBe(count)
  return ofKind(name, SpanKind.SERVER)
}

describe.each([
  ['the era of 2025 in memory', inMemory('legacy'), true],
  ['the era of 2026 in memory', inMemory('auto'), true],
  // without sessions a request is all that its server sees: that it was given up comes with another one, and the tool goes on
  ['the era of 2025 over HTTP', overHttp('legacy'), false],
  ['the era of 2026 over HTTP', overHttp('auto'), true],
])('%s', { timeout: 60_000 }, (_name, connect, serverLearns) => {
  beforeEach(connect)

  it('a call is one trace: the step, the client, the server, what the tool does', async () => {
    const answer = await step('look up', () => client.callTool({ name: 'get_order', arguments: { id: 7 } }))
    expect(answer).toMatchObject({ content: [{ text: 'order 7' }] })
    const asked = await only('tools/call get_order', SpanKind.CLIENT)
    const [server] = await answered('tools/call get_order')
    expect(isChildOf(asked, await spans.one('step look up'))).toBe(true)
    expect(server && isChildOf(server, asked)).toBe(true)
    expect(server && isChildOf(await spans.one('execute_tool database'), server)).toBe(true)
    expect([asked, server].map((span) => span?.attributes[SEAMTRACE.toolResultStatus])).toEqual(['ok', 'ok'])
  })

  it('a tool that says that it failed has failed on both sides', async () => {
    expect(await client.callTool({ name: 'refuse' })).toMatchObject({ isError: true })
    const both = [await only('tools/call refuse', SpanKind.CLIENT), ...(await answered('tools/call refuse'))]
    expect(both.map((span) => [statusOf(span), span.attributes[OTEL.errorType]])).toEqual([
      ['ERROR', 'tool_error'],
      ['ERROR', 'tool_error'],
    ])
  })

  it('a resource is a retrieval, and what is only talk makes no span', async () => {
    await client.listTools()
    await client.readResource({ uri: 'docs://policy' })
    expect((await only('resources/read', SpanKind.CLIENT)).attributes[MCP.resourceUri]).toBe('docs://policy')
    expect(new Set((await spans.all()).map(({ name }) => name))).toEqual(new Set(['resources/read']))
  })

  it('a call that takes too long fails at the client', async () => {
    await expect(client.callTool({ name: 'hang' }, { timeout: 200 })).rejects.toThrow('timed out')
    const asked = await only('tools/call hang', SpanKind.CLIENT)
    expect([statusOf(asked), asked.attributes[OTEL.errorType]]).toEqual(['ERROR', 'REQUEST_TIMEOUT'])
  })

  it('a call that its caller aborts is cancelled, not failed', async () => {
    const stop = new AbortController()
    const reply = client.callTool({ name: 'hang' }, { signal: stop.signal })
    setTimeout(() => stop.abort(), 100)
    await expect(reply).rejects.toThrow()
    const asked = await only('tools/call hang', SpanKind.CLIENT)
    expect([asked.attributes[SEAMTRACE.outcome], statusOf(asked)]).toEqual(['cancelled', 'UNSET'])
    if (!serverLearns) return
    const [server] = await answered('tools/call hang')
    expect([server?.attributes[SEAMTRACE.outcome], server && statusOf(server)]).toEqual(['cancelled', 'UNSET'])
  })

  it('progress reaches the caller', async () => {
    const seen: number[] = []
    await client.callTool({ name: 'slowly' }, { onprogress: ({ progress }) => void seen.push(progress) })
    expect(seen).toEqual([1, 2, 3])
    expect(statusOf(await only('tools/call slowly', SpanKind.CLIENT))).toBe('UNSET')
  })
})

it.each([
  ['in memory', inMemory('auto')],
  ['over HTTP', overHttp('auto')],
])('a tool that needs input is one call of the client, which waited at the server, and shows the question: %s', async (_name, connect) => {
  await connect()
  expect(await client.callTool({ name: 'confirm' })).toMatchObject({ content: [{ text: 'sure: true' }] })
  const asked = await only('tools/call confirm', SpanKind.CLIENT)
  const legs = await answered('tools/call confirm', 2)
  expect(legs.map((leg) => [leg.attributes[SEAMTRACE.outcome], statusOf(leg), isChildOf(leg, asked)])).toEqual([
    ['waiting', 'UNSET', true],
    [undefined, 'UNSET', true],
  ])
  const question = await spans.one('elicitation/create')
  expect([question.attributes[SEAMTRACE.humanDecision], isChildOf(question, asked)]).toEqual(['answered', true])
})

it('a model that the server asks for by its context is an agent of the client, inside the call', async () => {
  await inMemory('legacy')()
  expect(await client.callTool({ name: 'think' })).toMatchObject({ content: [{ text: expect.stringContaining('no') }] })
  const [around] = await answered('tools/call think')
  const asked = await only('sampling/createMessage', SpanKind.CLIENT)
  const [reply] = await answered('sampling/createMessage')
  expect([around && isChildOf(asked, around), reply && isChildOf(reply, asked)]).toEqual([true, true])
  expect([asked, reply].map((span) => span && statusOf(span))).toEqual(['UNSET', 'UNSET'])
})

it.each([
  ['in memory', inMemory('auto')],
  ['over HTTP', overHttp('auto')],
])('a model that a tool needs before it answers is asked in the one call of the client: %s', async (_name, connect) => {
  await connect()
  expect(await client.callTool({ name: 'think_first' })).toMatchObject({ content: [{ text: 'thought' }] })
  const around = await only('tools/call think_first', SpanKind.CLIENT)
  const thought = await spans.one('sampling/createMessage')
  expect([isChildOf(thought, around), statusOf(thought)]).toEqual([true, 'UNSET'])
})

it('a program that answers by itself sees a call that waits, and another one', async () => {
  await inMemory('auto')()
  const first = await client.callTool({ name: 'confirm' }, { allowInputRequired: true })
  expect(first).toMatchObject({ resultType: 'input_required' })
  expect((await only('tools/call confirm', SpanKind.CLIENT)).attributes[SEAMTRACE.outcome]).toBe('waiting')
})

it('a question that a handler asks by its context goes from the server to the client, and is answered there', async () => {
  await inMemory('legacy')()
  expect(await client.callTool({ name: 'ask' })).toMatchObject({ content: [{ text: 'accept' }] })
  const [around] = await answered('tools/call ask')
  const question = await only('elicitation/create', SpanKind.CLIENT)
  const [reply] = await answered('elicitation/create')
  expect(around && isChildOf(question, around)).toBe(true)
  expect(reply && isChildOf(reply, question)).toBe(true)
  expect(question.attributes[SEAMTRACE.humanDecision]).toBe('answered')
})

it('a client that connects anew tells of its calls as before', { timeout: 60_000 }, async () => {
  await inMemory('legacy')()
  await client.callTool({ name: 'get_order' })
  await client.close()
  const [near, far] = InMemoryTransport.createLinkedPair()
  const served = serveStdio(orders, { transport: far })
  closes.push(() => served.close())
  await client.connect(near)
  await client.callTool({ name: 'get_order' })
  expect(await ofKind('tools/call get_order', SpanKind.CLIENT)).toHaveLength(2)
  await answered('tools/call get_order', 2)
})

it('carries the trace to a server that is another process', { timeout: 240_000 }, async () => {
  const args = ['--conditions=seamtrace-source', fileURLToPath(new URL('./mcp-stdio.fixture.ts', import.meta.url))]
  const transport = new StdioClientTransport({ command: process.execPath, args, env: { NODE_OPTIONS: '' }, stderr: 'ignore' })
  await clientOf('legacy').connect(transport, { timeout: 200_000 })
  const { content } = await client.callTool({ name: 'get_order' }, { timeout: 200_000 })
  const { traceId, spanId } = (await only('tools/call get_order', SpanKind.CLIENT)).spanContext()
  expect(content).toMatchObject([{ text: `00-${traceId}-${spanId}-01` }])
})

it('keeps the type', async () => {
  client = new Client({ name: 'desk', version: '1.0.0' })
  expectTypeOf(instrumentMcp(client)).toEqualTypeOf<Client>()
})
