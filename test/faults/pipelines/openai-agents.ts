// OpenAI Agents with our adapter: agents in a row, each with a tool, in a pipeline of the user's own.
import * as agents from '@openai/agents'
import { check, pipeline } from '@seamtrace/sdk'
import { instrumentOpenAIAgents } from '@seamtrace/sdk/openai-agents'
import OpenAI from 'openai'
import { z } from 'zod'
import type { Role } from '../vocabulary.ts'
import type { Job } from '../world.ts'

type Library = typeof agents

/** The framework switches its traces off in tests, and would send them to its vendor. */
const prepare = (baseURL: string): Library => {
  const client = new OpenAI({ baseURL, apiKey: 'sk-none' })
  agents.setDefaultOpenAIClient(client)
  agents.setOpenAIAPI('chat_completions')
  agents.setTraceProcessors([])
  agents.setTracingDisabled(false)
  return instrumentOpenAIAgents(agents, { client })
}

type Reply = { ok?: boolean; error?: string } | null

const askService = async (job: Job, role: Role, id: string): Promise<string> => {
  if (id === 'none') throw new Error(`there is no ${id}: ids look like ${job.drawn.subject}`)
  const response = await fetch(job.urlOf(role), { signal: AbortSignal.timeout(job.timeoutMs(role)) })
  if (!response.ok) throw Object.assign(new Error(`${job.drawn.services[role]}: HTTP ${response.status}`), { status: response.status })
  const reply = (await response.json()) as Reply
  if (reply?.ok === false) throw new Error(`${job.drawn.services[role]} failed: ${reply.error}`)
  return JSON.stringify(reply)
}

const ASKS_PERSON: ReadonlySet<string> = new Set(['waits', 'approved', 'denied'])
const MOST_TURNS = 4

const agentOf = ({ Agent, tool }: Library, job: Job, role: Role) => {
  const { steps, services, model } = job.drawn
  const own = job.role === role
  const helps = tool({
    name: services[role],
    description: `Helps ${steps[role].name}`,
    parameters: z.object({ id: z.string() }),
    needsApproval: own && ASKS_PERSON.has(job.how),
    execute: ({ id }) => askService(job, role, id),
  })
  const named = (name: string) => ({ name, instructions: `You are ${name}.`, model })
  if (job.bug(role, 'commands')) return new Agent({ ...named(steps[role].name), handoffs: [new Agent(named(job.drawn.strangers[role]))] })
  return new Agent({
    ...named(steps[role].name),
    tools: [helps],
    ...(job.bug(role, 'ends_with_tool') && { toolUseBehavior: 'stop_on_first_tool' as const }),
  })
}

type Asked = { text: string; waits: boolean }

const ask = async (library: Library, job: Job, role: Role, told: string, signal: AbortSignal): Promise<Asked> => {
  const agent = agentOf(library, job, role)
  const options = { maxTurns: MOST_TURNS, signal }
  const first = await library.run(agent, `${job.drawn.subject}: ${told}`, options)
  if (first.interruptions.length === 0) return { text: String(first.finalOutput ?? ''), waits: false }
  if (job.how === 'waits') return { text: '', waits: true }
  for (const item of first.interruptions) first.state[job.how === 'approved' ? 'approve' : 'reject'](item)
  const { finalOutput } = await library.run(agent, first.state, options)
  return { text: String(finalOutput ?? ''), waits: false }
}

/** What one agent makes of what it is told. */
const work = async (library: Library, job: Job, role: Role, told: string, signal: AbortSignal): Promise<Asked> => {
  const { steps, subject, reason } = job.drawn
  const asked = await ask(library, job, role, told, signal)
  if (job.bug(role, 'throws')) throw new TypeError(`cannot read what ${steps[role].name} says: ${reason}`)
  if (asked.waits) return asked
  if (asked.text.trim() === '') throw new Error(`${steps[role].name} has no answer about ${subject}`)
  if (asked.text.startsWith('I could not') && job.how !== 'swallowed')
    throw new Error(`${steps[role].name} gave up on ${subject}: ${asked.text}`)
  return asked
}

const runAgents = (library: Library, job: Job): Promise<unknown> => {
  const { pipeline: name, order, subject, text, reason } = job.drawn
  const caller = new AbortController()
  return pipeline(name, { session: subject, signal: caller.signal }, async (run) => {
    let told = text
    for (const role of order) {
      if (job.bug(role, 'aborted')) setTimeout(() => caller.abort(), 5)
      if (job.bug(role, 'fans_out')) await Promise.all([1, 2].map((part) => work(library, job, role, `part ${part}`, caller.signal)))
      const asked = await work(library, job, role, told, caller.signal)
      if (asked.waits) return run.wait()
      told = asked.text
    }
    const wrong = job.how === 'swallowed' || job.how === 'wrong_way'
    const of = job.how === 'wrong_way' ? job.drawn.steps[job.role].name : 'result'
    check('audit', { of }, () => ({ pass: !wrong, reason: wrong ? reason : 'fine' }))
  })
}

/** One client for all runs: the adapter is called once in a process. */
export const openAIAgentsOnce = (): ((job: Job) => Promise<unknown>) => {
  let library: Library | undefined
  return (job) => {
    library ??= prepare(job.modelUrl)
    return runAgents(library, job)
  }
}
