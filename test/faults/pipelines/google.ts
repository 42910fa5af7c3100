// Google's client with our adapter: steps in a row, each with a model that has a function, which the client calls by itself.
import { type CallableTool, type FunctionCall, GoogleGenAI, type Part } from '@google/genai'
import { check, pipeline, step } from '@seamtrace/sdk'
import { instrumentGoogle } from '@seamtrace/sdk/google'
import type { Role } from '../vocabulary.ts'
import type { Job } from '../world.ts'

const clients = new Map<string, GoogleGenAI>()

const clientOf = ({ modelUrl }: Job): GoogleGenAI => {
  const retryOptions = { attempts: 3, initialDelay: 0.001, maxDelay: 0.002 }
  const make = () => instrumentGoogle(new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: modelUrl, retryOptions } }))
  const client = clients.get(modelUrl) ?? make()
  clients.set(modelUrl, client)
  return client
}

type Reply = { ok?: boolean; error?: string } | null

const askService = async (job: Job, role: Role): Promise<Record<string, unknown>> => {
  const response = await fetch(job.urlOf(role), { signal: AbortSignal.timeout(job.timeoutMs(role)) })
  if (!response.ok) throw Object.assign(new Error(`${job.drawn.services[role]}: HTTP ${response.status}`), { status: response.status })
  const reply = (await response.json()) as Reply
  if (reply?.ok === false) throw new Error(`${job.drawn.services[role]} failed: ${reply.error}`)
  return { output: reply }
}

const functionOf = (job: Job, role: Role, caller: AbortController): CallableTool => ({
  tool: async () => ({
    functionDeclarations: [
      {
        name: job.drawn.services[role],
        description: `Helps ${job.drawn.steps[role].name}`,
        parametersJsonSchema: { type: 'object', properties: { id: { type: 'string' } } },
      },
    ],
  }),
  async callTool(calls: FunctionCall[]): Promise<Part[]> {
    if (job.bug(role, 'aborted')) caller.abort()
    return Promise.all(calls.map(async ({ name = '' }) => ({ functionResponse: { name, response: await askService(job, role) } })))
  },
})

/** What one step makes of what it is told. */
const work = async (job: Job, role: Role, told: string, caller: AbortController): Promise<string> => {
  const { steps, subject, reason, model } = job.drawn
  const config = { systemInstruction: `You are ${steps[role].name}.`, tools: [functionOf(job, role, caller)], abortSignal: caller.signal }
  const { text = '' } = await clientOf(job).models.generateContent({ model, contents: `${subject}: ${told}`, config })
  if (job.bug(role, 'throws')) throw new TypeError(`cannot read what ${steps[role].name} says: ${reason}`)
  if (text.trim() === '') throw new Error(`${steps[role].name} has no answer about ${subject}`)
  if (text.startsWith('I could not')) throw new Error(`${steps[role].name} gave up on ${subject}: ${text}`)
  return text
}

export const runGoogle = (job: Job): Promise<unknown> => {
  const { pipeline: name, order, subject, text } = job.drawn
  const caller = new AbortController()
  return pipeline(name, { session: subject, signal: caller.signal }, async () => {
    let told = text
    for (const role of order) {
      const { name: at, layer } = job.drawn.steps[role]
      told = await step(at, { layer }, async () => {
        if (job.bug(role, 'fans_out')) await Promise.all([1, 2].map((part) => work(job, role, `part ${part}`, caller)))
        return work(job, role, told, caller)
      })
    }
    check('audit', { of: 'result' }, () => ({ pass: true, reason: 'fine' }))
  })
}
