// Vercel AI SDK 7: agents in a row, each with a tool, in a pipeline of the user's own.
import { createOpenAI } from '@ai-sdk/openai'
import { OpenTelemetry } from '@ai-sdk/otel'
import { check, pipeline } from '@seamtrace/sdk'
import { generateText, hasToolCall, type ModelMessage, Output, registerTelemetry, stepCountIs, type ToolSet, tool } from 'ai'
import { z } from 'zod'
import type { Role } from '../vocabulary.ts'
import type { Job } from '../world.ts'

type Reply = { ok?: boolean; error?: string; results?: unknown[] } | null

const modelOf = ({ modelUrl, drawn }: Job) => createOpenAI({ baseURL: modelUrl, apiKey: 'sk-none' }).chat(drawn.model)

const askService = async (job: Job, role: Role, id: string): Promise<string> => {
  if (id === 'none') throw new Error(`there is no ${id}: ids look like ${job.drawn.subject}`)
  const response = await fetch(job.urlOf(role), { signal: AbortSignal.timeout(job.timeoutMs(role)) })
  if (!response.ok) throw new Error(`${job.drawn.services[role]}: HTTP ${response.status}`)
  const reply = (await response.json()) as Reply
  if (reply?.ok === false) throw new Error(`${job.drawn.services[role]} failed: ${reply.error}`)
  return JSON.stringify(reply)
}

const toolsOf = (job: Job, role: Role): ToolSet => {
  const inputSchema = z.object({ id: job.bug(role, 'disagrees') ? z.number() : z.string() })
  const needsApproval = job.bug(role, 'waits') || job.bug(role, 'approved') || job.bug(role, 'denied')
  return {
    [job.drawn.services[role]]: tool({
      description: `Helps ${job.drawn.steps[role].name}`,
      inputSchema,
      ...(needsApproval && { needsApproval: true }),
      execute: ({ id }: { id: string | number }) => askService(job, role, String(id)),
    }),
  }
}

const MOST_TURNS = 4

const ask = (job: Job, role: Role, messages: ModelMessage[], abortSignal?: AbortSignal) => {
  const { steps, services } = job.drawn
  const name = job.bug(role, 'asked_again') ? steps[previous(job, role)].name : steps[role].name
  return generateText({
    model: modelOf(job),
    system: `You are ${name}.`,
    messages,
    tools: toolsOf(job, role),
    stopWhen: job.bug(role, 'ends_with_tool') ? hasToolCall(services[role]) : stepCountIs(MOST_TURNS),
    telemetry: { functionId: steps[role].name },
    abortSignal,
  })
}

const previous = ({ drawn: { order } }: Job, role: Role): Role => order[order.indexOf(role) - 1] ?? role

/** A tool that needs an approval: asked, answered, and asked again with the answer. */
const withApproval = async (job: Job, role: Role, messages: ModelMessage[]): Promise<string> => {
  const first = await ask(job, role, messages)
  const asked = first.content.flatMap((part) => (part.type === 'tool-approval-request' ? [part.approvalId] : []))
  const approved = job.how === 'approved'
  const answers = asked.map((approvalId) => ({ type: 'tool-approval-response' as const, approvalId, approved }))
  const { text } = await ask(job, role, [...messages, ...first.response.messages, { role: 'tool', content: answers }])
  return text
}

/** What one agent makes of what it is told. */
const work = async (job: Job, role: Role, told: string, signal: AbortSignal): Promise<string> => {
  const { steps, subject, reason } = job.drawn
  const messages: ModelMessage[] = [{ role: 'user', content: `${subject}: ${told}` }]
  if (job.bug(role, 'approved') || job.bug(role, 'denied')) return withApproval(job, role, messages)
  const { text, toolCalls } = await ask(job, role, messages, signal)
  if (job.bug(role, 'ends_with_tool')) return JSON.stringify(toolCalls[0]?.input)
  if (job.bug(role, 'throws')) throw new TypeError(`cannot read what ${steps[role].name} says: ${reason}`)
  if (job.bug(role, 'waits')) return text
  if (text.trim() === '') throw new Error(`${steps[role].name} has no answer about ${subject}`)
  if (text.startsWith('I could not') && job.how !== 'swallowed') throw new Error(`${steps[role].name} gave up on ${subject}: ${text}`)
  return text
}

/** An answer in a given form, which not every model keeps to. */
const inForm = async (job: Job, role: Role): Promise<string> => {
  const { steps, keys, subject } = job.drawn
  const { output } = await generateText({
    model: modelOf(job),
    system: `You are ${steps[role].name}.`,
    prompt: subject,
    output: Output.object({ schema: z.object({ [keys[role]]: z.string() }) }),
    telemetry: { functionId: steps[role].name },
  })
  return JSON.stringify(output)
}

const FORMS: ReadonlySet<string> = new Set(['model_babbles', 'model_filtered', 'plain'])

const runAgents = (job: Job): Promise<unknown> => {
  const { pipeline: name, order, subject, text, reason } = job.drawn
  const caller = new AbortController()
  return pipeline(name, { session: subject, signal: caller.signal }, async (run) => {
    let told = text
    for (const role of order) {
      if (job.bug(role, 'aborted')) setTimeout(() => caller.abort(), 5)
      if (job.bug(role, 'fans_out')) await Promise.all([1, 2].map((part) => work(job, role, `part ${part}`, caller.signal)))
      told = FORMS.has(job.how) && job.role === role ? await inForm(job, role) : await work(job, role, told, caller.signal)
      if (job.bug(role, 'waits')) return run.wait()
    }
    const wrong = job.how === 'swallowed' || job.how === 'wrong_way' || job.how === 'asked_again'
    const of = job.how === 'wrong_way' ? job.drawn.steps[job.role].name : 'result'
    check('audit', { of }, () => ({ pass: !wrong, reason: wrong ? reason : 'fine' }))
  })
}

type Telemetry = Parameters<typeof registerTelemetry>[0]

/** Once in a process: what is registered stays. */
export const aiSdkWith = (telemetry: () => Telemetry): ((job: Job) => Promise<unknown>) => {
  let registered = false
  return (job) => {
    if (!registered) registerTelemetry(telemetry())
    registered = true
    return runAgents(job)
  }
}

/** Its own telemetry. */
export const runAiSdk = aiSdkWith(() => new OpenTelemetry({ agentSpanName: 'functionId' }))
