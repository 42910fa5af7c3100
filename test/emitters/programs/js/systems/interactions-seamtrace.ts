// Google's Interactions API inside our own SDK: a pipeline of two steps, and spans of the work as the conventions for background responses have them.
import { GoogleGenAI } from '@google/genai'
import { type Attributes, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { handoff as hand, pipeline, start, step as stepOf, tool as toolOf } from '@seamtrace/sdk'
import { chain, type Happened, MODEL_URL, main, model, must, script, step, tool } from '../frame.ts'
import { AGENT, type Client, clientOf, type Interaction, type LookUp, runJob } from '../interactions/jobs.ts'

const NAME = 'regulation-watch'
const tracer = trace.getTracer('regulation-watch')

const usageOf = ({ usage }: Interaction): Attributes => ({
  'gen_ai.usage.input_tokens': usage?.total_input_tokens,
  'gen_ai.usage.output_tokens': (usage?.total_output_tokens ?? 0) + (usage?.total_thought_tokens ?? 0),
  'gen_ai.usage.reasoning.output_tokens': usage?.total_thought_tokens,
  'gen_ai.usage.cache_read.input_tokens': usage?.total_cached_tokens,
})

/** The inference stays open from its creation to its end; each poll is a span below it, without tokens. */
const traced = (client: Client): Client => {
  const open = new Map<string, Span>()
  const begin = (): Span =>
    tracer.startSpan(`generate_content ${AGENT}`, {
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.operation.name': 'generate_content',
        'gen_ai.provider.name': 'gcp.gemini',
        'gen_ai.request.model': AGENT,
      },
    })
  const failed = (span: Span, error: unknown): never => {
    span.setAttribute('error.type', String((error as { status?: number }).status ?? (error as Error).name))
    span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
    span.end()
    throw error
  }
  const note = (span: Span, job: Interaction): void => {
    span.setAttribute('gen_ai.response.id', job.id)
    if (job.status === 'in_progress') return
    span.setAttributes({ ...usageOf(job), 'gen_ai.response.status': job.status })
    if (job.status !== 'completed' && job.status !== 'requires_action') span.setStatus({ code: SpanStatusCode.ERROR, message: job.status })
    span.end()
  }
  return {
    async create(body) {
      const span = begin()
      const job = await client.create(body).catch((error: unknown) => failed(span, error))
      open.set(job.id, span)
      note(span, job)
      return job
    },
    async get(id) {
      const span = open.get(id)
      const attributes = { 'gen_ai.operation.name': 'fetch_response', 'gen_ai.provider.name': 'gcp.gemini', 'gen_ai.response.id': id }
      const poll = tracer.startSpan('fetch_response', { kind: SpanKind.CLIENT, attributes })
      const job = await client.get(id).catch((error: unknown) => failed(poll, error))
      poll.setAttribute('gen_ai.response.status', job.status)
      poll.end()
      if (span) note(span, job)
      return job
    },
    call: (name, given) => toolOf(name, { input: given }, () => client.call(name, given)),
  }
}

const ai = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: MODEL_URL } })

const watch = (lookUp: LookUp): Promise<boolean> =>
  pipeline(NAME, { version: '1' }, async () => {
    const report = await stepOf('monitor', { agent: 'antigravity' }, () => runJob(traced(clientOf(ai, lookUp)), 'What changed?'))
    await stepOf('publish', { handoff: hand('publish', { report }) }, async () => ({ report }))
  }).then(
    () => true,
    () => false,
  )

const found: LookUp = async () => ({ entries: ['in force'] })
const closed: LookUp = async () => {
  throw new Error('fetch failed: the register is unavailable')
}
const asks = { tools: [{ name: 'register_api', arguments: { topic: 'packaging' } }] }

const RUN = {
  pipeline: NAME,
  outcome: 'success' as const,
  agents: ['antigravity'],
  steps: [step('monitor'), step('publish')],
  handoffs: chain('monitor', 'publish'),
}
const failedAt = (seam: string, seamKind: 'tool' | 'handoff', gap: 'tool' | 'error', kind: string) => ({
  ...RUN,
  outcome: 'failure' as const,
  steps: [step('monitor', 'failure')],
  handoffs: [],
  failure: { seam, seamKind, gap, kind, exhausted: false },
})

const happyPath = async (): Promise<Happened> => {
  await script([asks, { text: 'Two amendments.' }])
  must(await watch(found), 'the run failed')
  return {
    story: 'Work is created in the background and polled; it asks for a function, gets its result and is completed.',
    runs: [{ ...RUN, calls: [tool('register_api')], models: [model(AGENT), model(AGENT)] }],
  }
}

const toolError = async (): Promise<Happened> => {
  await script([asks])
  must(!(await watch(closed)), 'the run was to fail, and did not')
  return {
    story: 'The function that the work asks for throws, which ends the run.',
    runs: [
      {
        ...failedAt('monitor→register_api', 'tool', 'tool', 'tool_unavailable'),
        calls: [tool('register_api', 1, 'failure')],
        models: [model(AGENT)],
      },
    ],
  }
}

const refused = async (): Promise<Happened> => {
  await script([{ status: 401, message: 'API key not valid.' }])
  must(!(await watch(found)), 'the run was to fail, and did not')
  return {
    story: 'The vendor refuses the key.',
    runs: [{ ...failedAt('start→monitor', 'handoff', 'error', 'provider_error'), models: [model(AGENT, 1, 'failure')] }],
  }
}

const budget = async (): Promise<Happened> => {
  await script([{ ends: 'budget_exceeded', message: 'the budget is used up' }])
  must(!(await watch(found)), 'the run was to fail, and did not')
  return {
    story: 'The work uses its budget up, which the program sees when it polls.',
    runs: [{ ...failedAt('start→monitor', 'handoff', 'error', 'cost_budget'), models: [model(AGENT, 1, 'failure')] }],
  }
}

const cachedTokens = async (): Promise<Happened> => {
  await script([{ text: 'Two amendments.', usage: { input: 2048, cached: 1920, output: 90, reasoning: 64 } }])
  must(await watch(found), 'the run failed')
  return { story: 'Most of the input comes from the cache, and most of the output is thought.', runs: [{ ...RUN, models: [model(AGENT)] }] }
}

await main({
  emitter: 'interactions-seamtrace',
  library: '@google/genai',
  instrumentation: ['@seamtrace/sdk'],
  start() {
    const started = start()
    return { flush: () => started.shutdown() }
  },
  scenarios: {
    happy_path: happyPath,
    tool_error: toolError,
    plain_refusal: refused,
    loop_limit: budget,
    cached_tokens: cachedTokens,
  },
})
