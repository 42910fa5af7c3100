// MCP: steps whose services are tools of a real server behind streamable HTTP, called by a real client.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { type CallToolResult, ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js'
import { human, tool } from '@seamtrace/sdk'
import { McpInstrumentation } from '@traceloop/instrumentation-mcp'
import { z } from 'zod'
import type { How } from '../hows.ts'
import { insistently, ownCode, type State } from '../stages.ts'
import { ROLES, type Role } from '../vocabulary.ts'
import type { Job } from '../world.ts'
import { runInSteps } from './sdk.ts'

/** How a program instruments its client, or its server. */
export type Instrument = <P extends Client | McpServer>(peer: P) => P

let watched = false
/** It patches the class, of clients alone. */
const traceloop: Instrument = (peer) => {
  if (!watched) new McpInstrumentation().manuallyInstrument({ Client })
  watched = true
  return peer
}

const text = (said: string, isError = false): CallToolResult => ({ content: [{ type: 'text', text: said }], isError })

type Tries = { left: number }

/** What the tool of a step answers. */
const answer = (job: Job, role: Role, tries: Tries): CallToolResult => {
  const { subject, keys, reason, text: about } = job.drawn
  const good = JSON.stringify({ id: subject, [keys[role]]: about })
  if (job.distracts(role) && tries.left-- > 0) return text('try again later', true)
  if (job.role !== role) return text(good)
  const { how } = job
  if (how === 'breaks' || how === 'swallowed') throw new Error(`internal error: ${reason}`)
  if (how === 'passes' && tries.left-- > 0) return text('try again later', true)
  if (how === 'complains' || how === 'falls_back') return text(reason, true)
  if (how === 'finds_nothing' || how === 'empty_and_used') return { content: [] }
  return text(how === 'cuts_answer' ? good.slice(0, good.length / 2) : good)
}

const serverOf = (job: Job, tries: Tries, instrument: Instrument): McpServer => {
  const server = instrument(new McpServer({ name: job.drawn.pipeline, version: '1.0.0' }))
  for (const role of ROLES) {
    const inputSchema = { id: z.string(), ...(job.bug(role, 'disagrees') && { amount: z.number() }) }
    if (job.bug(role, 'unknown_tool')) continue
    server.registerTool(job.drawn.services[role], { description: `Helps ${job.drawn.steps[role].name}`, inputSchema }, async () =>
      answer(job, role, tries),
    )
    server.registerTool(`${job.drawn.services[role]}_other`, { description: 'Does the same', inputSchema }, async () => text('{}'))
  }
  if (ASKS_BACK.has(job.how)) askBack(server, job)
  return server
}

const askingTool = ({ drawn }: Job): string => `${drawn.services.human}_ask`

/** A tool that asks a person by way of the client before it answers. */
const askBack = (server: McpServer, job: Job): void => {
  server.registerTool(askingTool(job), { description: 'Asks a person', inputSchema: { id: z.string() } }, async ({ id }) => {
    const { action } = await server.server.elicitInput({ message: `May ${id} go on?`, requestedSchema: { type: 'object', properties: {} } })
    return text(JSON.stringify({ [job.drawn.keys.human]: action }))
  })
}

const REFUSALS: Partial<Record<How, readonly [status: number, text: string]>> = {
  unauthorized: [401, 'Unauthorized'],
  forbids: [403, 'Forbidden'],
  limits: [429, 'Too Many Requests'],
  overloaded: [503, 'Service Unavailable'],
}

type Rpc = { method?: string; params?: { name?: string } }

const bodyOf = async (incoming: IncomingMessage): Promise<Rpc> => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return chunks.length > 0 ? (JSON.parse(Buffer.concat(chunks).toString()) as Rpc) : {}
}

/** What goes wrong before the server has read the call: true when it did. */
const misbehaves = (job: Job, { params }: Rpc, outgoing: ServerResponse): boolean => {
  if (params?.name !== job.drawn.services[job.role]) return false
  const refusal = REFUSALS[job.how]
  if (refusal) outgoing.writeHead(refusal[0], { 'content-type': 'text/plain' }).end(refusal[1])
  if (job.how === 'drops_connection') outgoing.destroy()
  return refusal !== undefined || job.how === 'drops_connection' || job.how === 'hangs'
}

type Served = { transport: Transport; close(): Promise<void> }

/** A server without sessions: each request has one of its own, as the SDK's guide has it. */
const serveHttp = async (job: Job, instrument: Instrument): Promise<Served> => {
  const tries = { left: job.drawn.tries - 1 }
  const http = createServer(async (incoming, outgoing) => {
    if (incoming.method !== 'POST') return void outgoing.writeHead(405).end()
    const body = await bodyOf(incoming)
    if (misbehaves(job, body, outgoing)) return
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true })
    await serverOf(job, tries, instrument).connect(transport as Transport)
    await transport.handleRequest(incoming, outgoing, body)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  }
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`)
  return { transport: new StreamableHTTPClientTransport(url) as Transport, close }
}

/** In memory a server may ask back: for a person's consent. */
const serveInMemory = async (job: Job, instrument: Instrument): Promise<Served> => {
  const [transport, ours] = InMemoryTransport.createLinkedPair()
  await serverOf(job, { left: 0 }, instrument).connect(ours)
  return { transport, close: () => ours.close() }
}

const ASKS_BACK: ReadonlySet<How> = new Set(['approved', 'denied'])

const clientOf = (job: Job, instrument: Instrument): Client => {
  const client = instrument(new Client({ name: job.drawn.pipeline, version: '1.0.0' }, { capabilities: { elicitation: {} } }))
  client.setRequestHandler(ElicitRequestSchema, async (): Promise<ElicitResult> => {
    const decision = human(job.drawn.person, { type: 'approval', requestId: job.drawn.subject }, () =>
      job.how === 'denied' ? 'rejected' : 'approved',
    )
    return decision === 'rejected' ? { action: 'decline' } : { action: 'accept', content: {} }
  })
  return client
}

const callOnce = async (client: Client, job: Job, role: Role, name: string): Promise<string> => {
  const result = await client.callTool({ name, arguments: { id: job.drawn.subject } }, undefined, { timeout: job.timeoutMs(role) })
  const [first] = result.content as CallToolResult['content']
  const said = first?.type === 'text' ? first.text : ''
  if (result.isError) throw new Error(`${name}: ${said}`)
  return said
}

/** Half of the programs put a span of their own around the call. */
const callTool = (client: Client, job: Job, role: Role, name: string): Promise<string> => {
  const once = (): Promise<string> => callOnce(client, job, role, name)
  return job.drawn.serviceFirst ? tool(name, { input: { id: job.drawn.subject } }, once) : once()
}

const askTool = async (client: Client, job: Job, role: Role): Promise<string> => {
  const name = job.drawn.services[role]
  try {
    return await insistently(job, role, () => callTool(client, job, role, name))
  } catch (error) {
    if (job.bug(role, 'swallowed')) return '{}'
    if (job.bug(role, 'falls_back')) return callTool(client, job, role, `${name}_other`)
    throw error
  }
}

const useTools = async (client: Client, job: Job, role: Role): Promise<State> => {
  const { keys, services, subject } = job.drawn
  const said = await askTool(client, job, role)
  if (said === '' && job.how !== 'empty_and_used') throw new Error(`cannot go on with ${subject}: ${services[role]} has nothing about it`)
  if (job.bug(role, 'fans_out')) await Promise.all([1, 2, 3].map(() => askTool(client, job, role)))
  if (role === 'human' && ASKS_BACK.has(job.how)) await callTool(client, job, role, askingTool(job))
  const made = said === '' ? {} : (JSON.parse(said) as State)
  return { [keys[role]]: made[keys[role]] ?? 'nothing' }
}

/** Each step connects to its server, and leaves it when it is done: Traceloop's spans of calls stand below that of the session. */
const workWith = async (instrument: Instrument, job: Job, role: Role, given: State): Promise<State> => {
  await ownCode(job, role, given)
  const served = await (ASKS_BACK.has(job.how) ? serveInMemory : serveHttp)(job, instrument)
  const client = clientOf(job, instrument)
  try {
    await client.connect(served.transport)
    if (job.bug(role, 'refuses_connection')) await served.close()
    return await useTools(client, job, role)
  } finally {
    await client.close()
    await served.close().catch(() => undefined)
  }
}

export const mcpWith =
  (instrument: Instrument) =>
  (job: Job): Promise<unknown> =>
    runInSteps(job, (...of) => workWith(instrument, ...of))

export const runMcp = mcpWith(traceloop)
