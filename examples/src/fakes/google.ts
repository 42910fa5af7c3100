// A fake of Google's Gemini API: generated content, whole and streamed, and interactions in the background, as a script says.
import { type FakeServer, type Reply, type Request, serve } from './http-server.ts'

/** What the model does when it is asked; one entry a request, the last one for all that follow. */
export type GoogleAnswer = {
  text?: string
  tools?: { name: string; arguments: Record<string, unknown> }[]
  /** steps of an interaction that ran at the vendor's */
  steps?: object[]
  /** HTTP status of a refusal */
  status?: number
  message?: string
  /** of generated content; of a prompt that is refused `blocked` */
  finishReason?: string
  blocked?: string
  /** how an interaction ends; default `completed`, or `requires_action` with tools */
  ends?: string
  /** polls until it ends; default 2 */
  polls?: number
  usage?: Record<string, number>
  /** never answers */
  hangs?: boolean
}

type Job = { id: string; who: object; answer: GoogleAnswer; polls: number; cancelled: boolean }
type FakeGoogle = FakeServer & { requests: Request[] }

const CONTENT = /^\/v1(?:beta)?\/models\/([^/:]+):(generateContent|streamGenerateContent)$/
const INTERACTION = /^\/v1(?:beta)?\/interactions(?:\/([^/]+?)(\/cancel)?)?$/
const missing: Reply = { status: 404, body: { error: { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' } } }

const refusal = ({ status = 500, message = 'An internal error has occurred.' }: GoogleAnswer): Reply => ({
  status,
  // the client would wait for a second and more between its tries
  headers: { 'retry-after-ms': '1' },
  body: { error: { code: status, message, status: status === 429 ? 'RESOURCE_EXHAUSTED' : status === 503 ? 'UNAVAILABLE' : 'INTERNAL' } },
})

/** @example const google = await serveGoogle([{ status: 503 }, { text: 'Two amendments.' }]) */
export const serveGoogle = async (script: readonly GoogleAnswer[]): Promise<FakeGoogle> => {
  const jobs = new Map<string, Job>()
  const requests: Request[] = []
  const left = [...script]
  const take = (): GoogleAnswer => (left.length > 1 ? left.shift() : left[0]) ?? {}
  const server = await serve(async (request) => {
    requests.push(request)
    const content = CONTENT.exec(request.path)
    if (content) return contentReply(take(), content[1] ?? '', content[2] === 'streamGenerateContent', requests.length)
    const interaction = INTERACTION.exec(request.path)
    if (!interaction) return missing
    if (request.method === 'POST' && !interaction[1]) return created(jobs, take(), request.body)
    const job = jobs.get(interaction[1] ?? '')
    return job ? asked(jobs, job, request, interaction[2] !== undefined) : missing
  })
  return { ...server, requests }
}

const contentReply = async (answer: GoogleAnswer, model: string, streams: boolean, count: number): Promise<Reply> => {
  if (answer.hangs) await new Promise(() => {})
  if (answer.status !== undefined) return refusal(answer)
  if (!streams) return { body: contentOf(answer, model, count, answer.text) }
  const words = (answer.text ?? '').split(/(?<= )/)
  const chunks = words.map((word, index) =>
    contentOf({ ...answer, ...(index < words.length - 1 && { finishReason: '' }) }, model, count, word),
  )
  return { headers: { 'content-type': 'text/event-stream' }, raw: chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('') }
}

const contentOf = (answer: GoogleAnswer, model: string, count: number, text: string | undefined): object => {
  const calls = (answer.tools ?? []).map((tool) => ({ functionCall: { name: tool.name, args: tool.arguments } }))
  const parts = [...(text === undefined ? [] : [{ text }]), ...calls]
  return {
    ...(answer.blocked === undefined
      ? {
          candidates: [
            {
              content: { role: 'model', parts },
              ...(answer.finishReason !== '' && { finishReason: answer.finishReason ?? 'STOP' }),
              index: 0,
            },
          ],
        }
      : { promptFeedback: { blockReason: answer.blocked } }),
    usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120, ...answer.usage },
    modelVersion: model,
    responseId: `response-${count}`,
  }
}

const created = async (jobs: Map<string, Job>, answer: GoogleAnswer, body: unknown): Promise<Reply> => {
  if (answer.hangs) await new Promise(() => {})
  if (answer.status !== undefined) return refusal(answer)
  const { agent, model, background, stream } = body as { agent?: string; model?: string; background?: boolean; stream?: boolean }
  const job = { id: `interaction-${jobs.size + 1}`, who: agent ? { agent } : { model }, answer, polls: 0, cancelled: false }
  jobs.set(job.id, job)
  if (!background) job.polls = answer.polls ?? 2
  return stream ? streamed(job) : { body: shown(job) }
}

const asked = (jobs: Map<string, Job>, job: Job, { method, query }: Request, cancels: boolean): Reply => {
  if (method === 'DELETE') return { body: jobs.delete(job.id) ? {} : {} }
  if (cancels) job.cancelled = true
  else job.polls += 1
  if (query.get('stream') === 'true') {
    job.polls = job.answer.polls ?? 2
    return streamed(job)
  }
  return { body: shown(job) }
}

const statusOf = ({ answer, polls, cancelled }: Job): string => {
  if (cancelled) return 'cancelled'
  if (polls < (answer.polls ?? 2)) return polls === 0 ? 'queued' : 'in_progress'
  return answer.ends ?? (answer.tools ? 'requires_action' : 'completed')
}

const shown = (job: Job): object => {
  const { id, who, answer } = job
  const status = statusOf(job)
  const base = { id, object: 'interaction', ...who, status, created: '2026-11-20T00:00:00Z', updated: '2026-11-20T00:00:01Z', steps: [] }
  if (status === 'queued' || status === 'in_progress') return base
  const calls = (answer.tools ?? []).map((tool, index) => ({ type: 'function_call', id: `${id}_${index}`, ...tool }))
  const said = answer.text === undefined ? [] : [{ type: 'model_output', content: [{ type: 'text', text: answer.text }] }]
  const failed =
    status === 'completed' || status === 'requires_action'
      ? {}
      : { errors: [{ code: status, message: answer.message ?? `it ended as ${status}` }] }
  return { ...base, ...failed, steps: [...(answer.steps ?? []), ...calls, ...said], usage: usageOf(answer) }
}

const usageOf = ({ usage }: GoogleAnswer): object => ({
  total_input_tokens: 100,
  total_output_tokens: 20,
  total_thought_tokens: 30,
  total_cached_tokens: 40,
  total_tool_use_tokens: 5,
  ...usage,
})

const streamed = (job: Job): Reply => {
  const whole = shown(job) as { steps: object[] }
  const events = [
    { event_type: 'interaction.created', interaction: { id: job.id, ...job.who, status: 'in_progress', object: 'interaction' } },
    ...whole.steps.map((step, index) => ({ event_type: 'step.start', index, step })),
    { event_type: 'interaction.completed', interaction: { ...whole, steps: undefined } },
  ]
  const raw = events.map((event) => `event: ${event.event_type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
  return { headers: { 'content-type': 'text/event-stream' }, raw }
}
