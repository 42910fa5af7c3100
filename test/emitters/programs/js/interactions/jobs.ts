// Work that Google's Interactions API does in the background, as a user writes it: create, poll, do what it asks for.
import { setTimeout as wait } from 'node:timers/promises'
import type { GoogleGenAI } from '@google/genai'

export const AGENT = 'antigravity-preview-05-2026'
const POLL_MS = 20
const MAX_POLLS = 6

export type Interaction = Awaited<ReturnType<GoogleGenAI['interactions']['get']>>
type FunctionCall = { id: string; name: string; arguments: Record<string, unknown> }
export type LookUp = (given: Record<string, unknown>) => Promise<unknown>

/** What a user may wrap: how work is begun, how it is asked for, and how a function is called. */
export type Client = {
  create(body: object): Promise<Interaction>
  get(id: string): Promise<Interaction>
  call(name: string, given: Record<string, unknown>): Promise<unknown>
}

export class JobFailed extends Error {
  override name = 'JobFailed'
}

export const clientOf = (ai: GoogleGenAI, lookUp: LookUp): Client => ({
  create: (body) => ai.interactions.create({ agent: AGENT, background: true, store: true, ...body } as never) as Promise<Interaction>,
  get: (id) => ai.interactions.get(id) as Promise<Interaction>,
  call: (_name, given) => lookUp(given),
})

const callOf = ({ steps }: Interaction): FunctionCall => {
  const call = (steps ?? []).find(({ type }) => type === 'function_call')
  return call as unknown as FunctionCall
}

const textOf = ({ id, status }: Interaction): string => `${id} ${status}`

/** @returns what the agent came to, when the vendor has done the work */
export const runJob = async (client: Client, input: string): Promise<string> => {
  let job = await client.create({ input })
  for (let poll = 1; poll <= MAX_POLLS; poll += 1) {
    await wait(POLL_MS)
    job = await client.get(job.id)
    if (job.status === 'completed') return textOf(job)
    if (job.status === 'requires_action') {
      const call = callOf(job)
      const result = await client.call(call.name, call.arguments)
      const answer = [{ type: 'function_result', name: call.name, call_id: call.id, result: JSON.stringify(result) }]
      job = await client.create({ previous_interaction_id: job.id, input: answer })
    } else if (job.status !== 'in_progress') throw new JobFailed(`the job ended as ${job.status}`)
  }
  throw new JobFailed(`the job is still ${job.status} after ${MAX_POLLS} polls`)
}
