// Google's Interactions API: a managed agent works in the background, asks for a function, and is polled to its end.
import { setTimeout as wait } from 'node:timers/promises'
import { GoogleGenAI, type GoogleGenAIInteraction as Job } from '@google/genai'
import { handoff, pipeline, start, step } from '@seamtrace/sdk'
import { instrumentGoogle } from '@seamtrace/sdk/google'

const seamtrace = start({ service: 'google-interactions' })

const baseUrl = process.env.MODEL_URL ?? 'https://generativelanguage.googleapis.com'
const ai = instrumentGoogle(new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY ?? 'none', httpOptions: { baseUrl } }))

const AGENT = 'antigravity-preview-05-2026'
const WORKING = ['queued', 'in_progress']

const lookUp = async (topic: unknown): Promise<string> => `two amendments on ${topic} are in force`

/** Does what the agent asks for, and hands the result back. */
const answer = ({ id, steps }: Job): Promise<Job> => {
  const calls = steps.filter((one) => one.type === 'function_call')
  return Promise.all(
    calls.map(async (call) => ({
      type: 'function_result' as const,
      call_id: call.id,
      name: call.name,
      result: await lookUp(call.arguments.topic),
    })),
  ).then((input) => ai.interactions.create({ agent: AGENT, background: true, previous_interaction_id: id, input }))
}

const monitor = async (topic: string): Promise<string> => {
  let job: Job = await ai.interactions.create({ agent: AGENT, background: true, input: `Watch the rules on ${topic}` })
  for (let poll = 0; poll < 20 && job.status !== 'completed'; poll++) {
    if (job.status === 'requires_action') job = await answer(job)
    else if (!WORKING.includes(job.status)) throw new Error(`the job ended as ${job.status}`)
    await wait(20)
    job = await ai.interactions.get(job.id)
  }
  return job.output_text ?? ''
}

const notice = await pipeline('regulation-watch', { version: '1.0.0' }, async () => {
  const report = await step('monitor', { agent: 'antigravity' }, () => monitor('packaging'))
  return step('publish', { handoff: handoff('publish', { report }) }, (payload) => payload.report)
})

console.log(notice)
await seamtrace.shutdown()
