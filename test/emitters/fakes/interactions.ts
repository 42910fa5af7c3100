// Google's Interactions API: work in the background that is created, asked for, and may ask for a function; state stays at the vendor's.
import type { Reply, Request } from '../../../examples/src/fakes/http-server.ts'
import { googleError } from './gemini.ts'
import { type ScriptedAnswer, usageOf } from './script.ts'

const INTERACTIONS = /^\/v1(?:beta)?\/interactions(?:\/([^/]+))?$/

type Job = { id: string; who: object; answer: ScriptedAnswer; polls: number; previous: string | null }

export type Interactions = {
  speaks(path: string): boolean
  /** Creating takes one answer of the script, asking how it goes takes none. */
  reply(request: Request, take: (body: string) => ScriptedAnswer | null): Reply
}

const stepsOf = (answer: ScriptedAnswer, id: string) => [
  ...(answer.tools ?? []).map((tool, index) => ({
    type: 'function_call',
    id: `${id}_${index}`,
    name: tool.name,
    arguments: tool.arguments,
  })),
  ...(answer.text === undefined ? [] : [{ type: 'model_output', content: [{ type: 'text', text: answer.text }] }]),
]

const usage = (answer: ScriptedAnswer) => {
  const { input, output, cached, reasoning } = usageOf(answer)
  return {
    total_input_tokens: input,
    total_output_tokens: output - reasoning,
    total_thought_tokens: reasoning,
    total_cached_tokens: cached,
    total_tokens: input + output,
  }
}

/** In progress when it is created and when it is asked for first; then as the answer has it. */
const shown = ({ id, who, answer, polls, previous }: Job) => {
  const base = { id, object: 'interaction', ...who, background: true, store: true, previous_interaction_id: previous }
  const times = { created: '2026-11-20T00:00:00Z', updated: '2026-11-20T00:00:01Z' }
  if (polls < 2) return { ...base, ...times, status: 'in_progress', steps: [] }
  const status = answer.ends ?? (answer.tools ? 'requires_action' : 'completed')
  const errors = answer.ends ? { errors: [{ code: answer.ends, message: answer.message ?? 'it ended early' }] } : {}
  return { ...base, ...times, ...errors, status, steps: stepsOf(answer, id), usage: usage(answer) }
}

export const fakeInteractions = (): Interactions => {
  const jobs = new Map<string, Job>()
  return {
    speaks: (path) => INTERACTIONS.test(path),
    reply({ method, path, body }, take) {
      const job = jobs.get(INTERACTIONS.exec(path)?.[1] ?? '')
      if (method === 'GET') {
        if (!job) return googleError({ status: 404, message: 'Requested entity was not found.' })
        job.polls += 1
        return { body: shown(job) }
      }
      const { agent, model, previous_interaction_id } = body as { agent?: string; model?: string; previous_interaction_id?: string }
      const answer = take(JSON.stringify(body)) ?? { status: 500, message: 'script is used up' }
      if ((answer.status ?? 200) >= 400) return googleError(answer)
      const id = `interaction-${String(jobs.size + 1).padStart(6, '0')}`
      const made: Job = { id, who: agent ? { agent } : { model }, answer, polls: 0, previous: previous_interaction_id ?? null }
      jobs.set(id, made)
      return { body: shown(made) }
    },
  }
}
