// The world around a pipeline: services and models over real HTTP, which do to the run at hand what is injected.
import { type Reply, type Request, serve } from '../../examples/src/fakes/http-server.ts'
import { geminiContent } from '../emitters/fakes/gemini.ts'
import { openaiChat } from '../emitters/fakes/openai.ts'
import type { ScriptedAnswer } from '../emitters/fakes/script.ts'
import { HOWS, type How } from './hows.ts'
import type { Fault, PipelineName } from './truth.ts'
import { type Drawn, ROLES, type Role } from './vocabulary.ts'

/** What a program knows about its run. `bug` tells of mistakes in its own code; those of the world it meets. */
export type Job = Fault & {
  drawn: Drawn
  urlOf(role: Role): string
  modelUrl: string
  /** how long a program waits for a service, and for its own work */
  timeoutMs(role: Role): number
  bug(role: Role, how: How): boolean
  /** the service of this step fails once, beside the fault */
  distracts(role: Role): boolean
  /** the process dies: nothing comes after it */
  die(): Promise<never>
}

/** `died` comes true when the program of the run does. */
export type World = { begin(fault: Fault, drawn: Drawn): { job: Job; died: Promise<void> }; close(): Promise<void> }

const PATIENCE_MS = 20_000
const IMPATIENCE_MS = 40
const HANGING_MS = 1_500

type Now = { job: Fault & { drawn: Drawn }; asked: Map<string, number>; distracted: boolean }

/** A fault that passes strikes as often as the program asks, but for the last time. */
const strikes = ({ job, asked }: Now, role: Role, who: 'service' | 'model'): boolean => {
  if (job.role !== role) return false
  const times = (asked.get(who) ?? 0) + 1
  asked.set(who, times)
  return !(job.how === 'passes' || job.how === 'model_passes') || times < Math.min(job.drawn.tries, 3)
}

/** Programs that leave it to the model to ask a tool again. */
const WITHOUT_RETRIES: ReadonlySet<PipelineName> = new Set(['ai-sdk', 'openai-agents', 'google'])

/** Labels of runs in which nothing else may go wrong are left alone. */
const distractionOf = ({ pipeline, role, how }: Fault, { distraction }: Drawn): Role | null => {
  const { part } = HOWS[how]
  return part === 'flow' || WITHOUT_RETRIES.has(pipeline) || distraction === role ? null : distraction
}

const goodReply = ({ drawn }: { drawn: Drawn }, role: Role): unknown => {
  const { subject, text, keys } = drawn
  const said = { id: subject, [keys[role]]: `${text} (${subject})` }
  return role === 'context' ? { results: [said] } : { ok: true, ...said, version: 7 }
}

const status = (code: number, message: string): Reply => ({ status: code, body: { error: { message } } })

const badReply = (how: How, now: Now, role: Role): Reply | null => {
  const { reason, subject } = now.job.drawn
  const whole = JSON.stringify(goodReply(now.job, role))
  const replies: Partial<Record<How, () => Reply>> = {
    drops_connection: () => ({ drop: true }),
    overloaded: () => status(503, 'try again later'),
    unauthorized: () => status(401, 'who are you'),
    forbids: () => status(403, 'not yours'),
    limits: () => status(429, 'slow down'),
    disagrees: () => status(422, `${subject} is not what was expected`),
    breaks: () => status(500, 'internal error'),
    passes: () => status(503, 'try again later'),
    falls_back: () => status(500, 'internal error'),
    swallowed: () => status(500, 'internal error'),
    complains: () => ({ body: { ok: false, error: reason } }),
    finds_nothing: () => ({ body: role === 'context' ? { results: [] } : null }),
    empty_and_used: () => ({ body: role === 'context' ? { results: [] } : null }),
    lost_checkpoint: () => ({ body: null }),
    cuts_answer: () => ({ raw: whole.slice(0, whole.length / 2) }),
    read_stale: () => ({ body: { ok: true, id: subject, version: 6 } }),
  }
  return replies[how]?.() ?? null
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const answerService = async ({ path }: Request, now: Now): Promise<Reply> => {
  const role = ROLES.find((name) => path.startsWith(`/${name}`))
  if (!role) return status(404, `no ${path} here`)
  // what is written is acknowledged, and a fallback works: only the service itself is broken
  if (path.endsWith('/write')) return { body: { ok: true, version: 7 } }
  if (!now.distracted && distractionOf(now.job, now.job.drawn) === role) {
    now.distracted = true
    return status(503, 'try again later')
  }
  if (path.endsWith('/other') || !strikes(now, role, 'service')) return { body: goodReply(now.job, role) }
  if (now.job.how === 'hangs') {
    await pause(HANGING_MS)
    return { drop: true }
  }
  return badReply(now.job.how, now, role) ?? { body: goodReply(now.job, role) }
}

const MODEL_FAULTS: Partial<Record<How, ScriptedAnswer>> = {
  model_breaks: { status: 500 },
  model_passes: { status: 500 },
  model_limits: { status: 429, message: 'Rate limit reached for requests' },
  model_overflows: {
    status: 400,
    code: 'context_length_exceeded',
    message: "This model's maximum context length is 128000 tokens. However, your messages resulted in 131842 tokens.",
  },
  model_refuses: { refusal: "I'm sorry, I can't help with that." },
  model_filtered: { text: '', finish: 'content_filter', usage: { output: 0 } },
  model_says_nothing: { text: '', usage: { output: 0 } },
  model_babbles: { text: 'Sure! Here is what you asked for.' },
}

type Chat = {
  model: string
  messages: { role: string; content: unknown }[]
  tools?: { function: { name: string } }[]
  response_format?: unknown
}

const GEMINI = /models\/([^/:]+):generateContent$/

type GeminiRequest = {
  systemInstruction?: unknown
  contents: { role?: string; parts: { text?: string; functionResponse?: { response?: unknown } }[] }[]
  tools?: { functionDeclarations: { name: string }[] }[]
}

/** Gemini's request in the words of the other. */
const chatOf = (model: string, { systemInstruction, contents, tools }: GeminiRequest): Chat => ({
  model,
  messages: [
    { role: 'system', content: systemInstruction },
    ...contents.map(({ role, parts }) =>
      parts.some(({ functionResponse }) => functionResponse)
        ? { role: 'tool', content: parts.map(({ functionResponse }) => functionResponse?.response) }
        : { role: role === 'model' ? 'assistant' : 'user', content: parts.map(({ text }) => text) },
    ),
  ],
  ...(tools && { tools: tools.flatMap(({ functionDeclarations }) => functionDeclarations.map(({ name }) => ({ function: { name } }))) }),
})

const goodAnswer = (
  { messages, tools, response_format }: Chat,
  { job: { drawn, how, role } }: Now,
  asked: Role | undefined,
): ScriptedAnswer => {
  const name = tools?.[0]?.function.name
  const results = messages.filter((message) => message.role === 'tool')
  const last = results.length > 0 && messages.at(-1)?.role === 'tool' ? JSON.stringify(messages.at(-1)?.content) : ''
  const runsOn = how === 'runs_on' && role === asked
  const wrongFirst = how === 'corrected' && role === asked && results.length === 0
  if (name && (last === '' || runsOn || (how === 'corrected' && role === asked && results.length === 1)))
    return { tools: [{ name, arguments: { id: wrongFirst ? 'none' : drawn.subject } }] }
  if (/error|fail|nothing/i.test(last)) return { text: `I could not get an answer from ${name}.` }
  return { text: response_format ? JSON.stringify({ [drawn.keys[asked ?? 'execution']]: drawn.text, good: true }) : `Done: ${drawn.text}` }
}

const answerModel = ({ path, body }: Request, now: Now, count: number): Reply => {
  const gemini = GEMINI.exec(path)?.[1]
  if (!gemini && !path.endsWith('/chat/completions')) return status(404, `Invalid URL (${path})`)
  const chat = gemini ? chatOf(gemini, body as GeminiRequest) : (body as Chat)
  const system = JSON.stringify(chat.messages[0]?.content ?? '')
  const asked = ROLES.find((role) => system.includes(`You are ${now.job.drawn.steps[role].name}.`))
  const fault = asked && now.job.role === asked ? MODEL_FAULTS[now.job.how] : undefined
  const answer = fault && asked && strikes(now, asked, 'model') ? fault : goodAnswer(chat, now, asked)
  return (gemini ? geminiContent : openaiChat)({ model: chat.model, stream: false, body: { ...chat }, count }, answer)
}

/** An address at which nobody listens. */
const closedAddress = async (): Promise<string> => {
  const server = await serve(async () => ({}))
  await server.close()
  return server.url
}

/** @example const world = await createWorld(); const job = world.begin(fault, drawn) */
export const createWorld = async (): Promise<World> => {
  let now: Now | null = null
  let count = 0
  const current = (): Now => {
    if (!now) throw new Error('no run has begun')
    return now
  }
  const services = await serve((request) => answerService(request, current()))
  const models = await serve(async (request) => answerModel(request, current(), ++count))
  const nowhere = await closedAddress()
  return {
    begin(fault, drawn) {
      now = { job: { ...fault, drawn }, asked: new Map(), distracted: false }
      const { promise: died, resolve } = Promise.withResolvers<void>()
      const is = (role: Role, how: How): boolean => fault.role === role && fault.how === how
      const job: Job = {
        ...fault,
        drawn,
        modelUrl: `${models.url}/v1`,
        urlOf: (role) => `${is(role, 'refuses_connection') ? nowhere : services.url}/${role}`,
        timeoutMs: (role) => (is(role, 'hangs') || is(role, 'too_late') ? IMPATIENCE_MS : PATIENCE_MS),
        bug: is,
        distracts: (role) => distractionOf(fault, drawn) === role,
        die: () => {
          resolve()
          return new Promise(() => undefined)
        },
      }
      return { job, died }
    },
    close: async () => {
      await Promise.all([services.close(), models.close()])
    },
  }
}
