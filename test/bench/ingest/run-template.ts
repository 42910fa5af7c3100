// One run of a six-step agent as plain spans, with the attributes that our SDK and the OpenTelemetry GenAI conventions send.
import { SpanKind } from '@opentelemetry/api'
import { GEN_AI, OTEL, SEAMTRACE } from '@seamtrace/schema'
import type { Random } from '../../../examples/src/faults/random.ts'
import { type Prose, proseFrom } from './text.ts'

/** `lean`: no content, as it is by default. `io`: with what went into and came out of steps, models and tools. */
export type Profile = 'lean' | 'io'

type Value = string | number | boolean | string[]

export type TemplateSpan = {
  name: string
  /** index in the run, -1 for the root */
  parent: number
  scope: 'sdk' | 'openai'
  kind: SpanKind
  /** since the run began */
  startUs: number
  endUs: number
  attributes: Record<string, Value>
  /** the stack stands where the error arose, '' further up */
  error?: { type: string; message: string; stack: string }
}

/** Texts that stand for 16 hex digits which are new in every run: the same number, the same digits. */
export type Unique = (number: number) => string

type Step = { name: string; agent: string; layer: string; model?: string; inChars: number; outChars: number }

const PIPELINE = 'support-refund'
const STEPS: Step[] = [
  { name: 'classify', agent: 'router', layer: 'planning', model: 'gpt-4.1-mini', inChars: 1_200, outChars: 160 },
  { name: 'retrieve', agent: 'librarian', layer: 'context', inChars: 0, outChars: 0 },
  { name: 'plan', agent: 'planner', layer: 'planning', model: 'gpt-4.1', inChars: 4_600, outChars: 800 },
  { name: 'act', agent: 'operator', layer: 'execution', model: 'gpt-4.1-mini', inChars: 5_400, outChars: 420 },
  { name: 'verify', agent: 'critic', layer: 'verification', model: 'gpt-4.1', inChars: 4_600, outChars: 480 },
  { name: 'respond', agent: 'writer', layer: 'execution', model: 'gpt-4.1-mini', inChars: 5_600, outChars: 1_300 },
]
const STACK = `    at fetchOrder (file:///srv/agent/dist/tools/orders-api.js:88:17)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async runAttempts (file:///srv/agent/node_modules/@seamtrace/sdk/dist/retry.js:64:22)
    at async act (file:///srv/agent/dist/steps/act.js:41:19)`

/** The spans in the order in which they began: 19, four more with two retries. About one run in twenty fails at its tool and ends there. */
export const runTemplate = (profile: Profile, random: Random, unique: Unique): TemplateSpan[] => {
  const run: Run = { spans: [], nowUs: 1, numbers: 0, io: profile === 'io', random, unique, prose: proseFrom(random), context: '' }
  const root = open(run, -1, `pipeline ${PIPELINE}`, {
    [SEAMTRACE.spanKind]: 'pipeline',
    [SEAMTRACE.schemaVersion]: '1',
    [SEAMTRACE.pipelineName]: PIPELINE,
    [SEAMTRACE.pipelineVersion]: '3.4.0',
    [OTEL.sessionId]: `ticket-${nextUnique(run)}`,
    [OTEL.userId]: `customer-${random.integer(1, 5_000)}`,
  })
  const failed = STEPS.every((step) => runStep(run, root, step)) ? undefined : FAILURE
  close(run, root, failed)
  return run.spans
}

type Failure = NonNullable<TemplateSpan['error']>

const FAILURE: Failure = { type: '503', message: 'orders_api answered 503 Service Unavailable', stack: '' }

type Run = {
  spans: TemplateSpan[]
  nowUs: number
  numbers: number
  io: boolean
  random: Random
  unique: Unique
  prose: Prose
  /** what the models have read so far: agents send it again and again */
  context: string
}

const nextUnique = (run: Run): string => run.unique(run.numbers++)

const open = (run: Run, parent: number, name: string, attributes: TemplateSpan['attributes'], kind = SpanKind.INTERNAL): number => {
  const scope = kind === SpanKind.CLIENT ? 'openai' : 'sdk'
  const startUs = run.nowUs
  run.nowUs += run.random.integer(20, 400)
  return run.spans.push({ name, parent, scope, kind, startUs, endUs: startUs, attributes }) - 1
}

const spanAt = (run: Run, index: number): TemplateSpan => {
  const span = run.spans[index]
  if (!span) throw new RangeError(`cannot find span ${index} of the run`)
  return span
}

const close = (run: Run, index: number, error?: Failure): void => {
  run.nowUs += run.random.integer(5, 90)
  const span = spanAt(run, index)
  span.endUs = run.nowUs
  if (!error) return
  span.error = error
  span.attributes[OTEL.errorType] = error.type
  span.attributes[OTEL.httpStatus] = Number(error.type)
}

const wait = (run: Run, fromMs: number, toMs: number): void => {
  run.nowUs += run.random.integer(fromMs * 1_000, toMs * 1_000)
}

const ours = (kind: string, step: Step): TemplateSpan['attributes'] => ({
  [SEAMTRACE.spanKind]: kind,
  [SEAMTRACE.pipelineName]: PIPELINE,
  [SEAMTRACE.stepName]: step.name,
})

/** @returns false when the step failed */
const runStep = (run: Run, root: number, step: Step): boolean => {
  const { random, prose } = run
  const input = { ticket: prose.reference('T'), order: prose.reference('ORD'), customer: prose.name(), from: step.agent }
  const span = open(run, root, `step ${step.name}`, {
    ...ours('step', step),
    [SEAMTRACE.layer]: step.layer,
    [GEN_AI.agentName]: step.agent,
    [SEAMTRACE.stateKeys]: ['ticket', 'ticket.customer', 'order', 'order.amount', 'category'],
    [SEAMTRACE.stateSize]: random.integer(400, 9_000),
    [SEAMTRACE.stateDigest]: nextUnique(run),
    [SEAMTRACE.stateNeeds]: ['ticket', 'order'],
    [SEAMTRACE.stateOutputKeys]: ['category', 'order', 'decision'],
    [SEAMTRACE.stateOutputSize]: random.integer(300, 4_000),
    [SEAMTRACE.stateOutputDigest]: nextUnique(run),
    ...(run.io ? { [SEAMTRACE.input]: JSON.stringify(input), [SEAMTRACE.output]: prose.paragraph(300) } : {}),
  })
  if (step.model !== undefined) callModel(run, span, step, step.model)
  if (step.name === 'retrieve') retrieve(run, span, step)
  const good = step.name === 'act' ? callTool(run, span, step) : true
  if (step.name === 'verify') judge(run, span, step)
  if (good && (step.name === 'plan' || step.name === 'act')) handOn(run, span, step)
  close(run, span, good ? undefined : FAILURE)
  return good
}

const callModel = (run: Run, parent: number, step: Step, model: string): void => {
  const { random, prose } = run
  const attributes: TemplateSpan['attributes'] = {
    [GEN_AI.operationName]: 'chat',
    [GEN_AI.providerName]: 'openai',
    [GEN_AI.requestModel]: model,
    'gen_ai.request.temperature': 0.2,
    'gen_ai.request.max_tokens': 2_048,
    'server.address': 'api.openai.com',
    [GEN_AI.responseId]: `chatcmpl-${nextUnique(run)}`,
    [GEN_AI.responseModel]: `${model}-2025-04-14`,
    [GEN_AI.finishReasons]: ['stop'],
    [GEN_AI.inputTokens]: Math.round(step.inChars / 4) + random.integer(40, 400),
    [GEN_AI.outputTokens]: Math.round(step.outChars / 4) + random.integer(8, 80),
    [GEN_AI.cacheReadTokens]: random.integer(0, 8) * 128,
  }
  if (run.io) {
    const answer = prose.paragraph(step.outChars)
    attributes['gen_ai.input.messages'] = JSON.stringify([
      { role: 'system', parts: [{ type: 'text', content: `You are the ${step.agent}. Use only what is given and name the passage.` }] },
      { role: 'user', parts: [{ type: 'text', content: `${run.context} ${prose.paragraph(600)}`.slice(-step.inChars) }] },
    ])
    attributes['gen_ai.output.messages'] = JSON.stringify([
      { role: 'assistant', parts: [{ type: 'text', content: answer }], finish_reason: 'stop' },
    ])
    run.context += ` ${answer}`
  }
  const span = open(run, parent, `chat ${model}`, attributes, SpanKind.CLIENT)
  wait(run, 300, 2_500)
  close(run, span)
}

const callResult = (run: Run, inputDigest: string, args: object, result: () => object): TemplateSpan['attributes'] => {
  const facts = {
    [SEAMTRACE.callInputDigest]: inputDigest,
    [SEAMTRACE.toolResultStatus]: 'ok',
    [SEAMTRACE.callOutputSize]: run.random.integer(500, 6_000),
  }
  if (!run.io) return facts
  const output = JSON.stringify(result())
  run.context += ` ${output}`
  return { ...facts, [SEAMTRACE.input]: JSON.stringify(args), [SEAMTRACE.output]: output }
}

const retrieve = (run: Run, parent: number, step: Step): void => {
  const { random, prose } = run
  const passages = () =>
    Array.from({ length: 4 }, () => ({ id: prose.reference('KB'), score: random.integer(500, 990) / 1_000, text: prose.paragraph(800) }))
  const span = open(run, parent, 'retrieval handbook', {
    ...ours('retrieval', step),
    [GEN_AI.operationName]: 'retrieval',
    [GEN_AI.dataSourceId]: 'handbook',
    ...callResult(run, nextUnique(run), { query: prose.paragraph(80), limit: 4 }, passages),
  })
  wait(run, 20, 180)
  close(run, span)
}

/** Up to three tries; what was asked is the same in each. @returns false when all failed */
const callTool = (run: Run, parent: number, step: Step): boolean => {
  const { random, prose } = run
  const fate = random.next()
  const tries = fate < 0.8 ? 1 : fate < 0.9 ? 2 : 3
  const good = fate < 0.95
  const args = { orderId: prose.reference('ORD'), fields: ['status', 'amount', 'lines'] }
  const digest = nextUnique(run)
  const retry = open(run, parent, 'retry orders_api', { ...ours('retry', step), [SEAMTRACE.retryName]: 'orders_api' })
  for (let number = 1; number <= tries; number++) {
    const error = number < tries || !good ? FAILURE : undefined
    const attempt = open(run, retry, 'attempt orders_api', {
      ...ours('attempt', step),
      [SEAMTRACE.attemptNumber]: number,
      [SEAMTRACE.attemptMax]: 3,
      [SEAMTRACE.attemptDelayMs]: number === 1 ? 0 : 250 * 2 ** (number - 2),
    })
    const call = open(run, attempt, 'execute_tool orders_api', {
      ...ours('tool', step),
      [GEN_AI.operationName]: 'execute_tool',
      [GEN_AI.toolName]: 'orders_api',
      [GEN_AI.toolCallId]: `call_${nextUnique(run)}`,
      ...(error ? { [SEAMTRACE.callInputDigest]: digest } : callResult(run, digest, args, () => prose.records(1_800))),
    })
    wait(run, 30, 900)
    close(run, call, error && { ...error, stack: STACK })
    close(run, attempt, error)
    if (number < tries) wait(run, 250 * 2 ** (number - 1), 260 * 2 ** (number - 1))
  }
  close(run, retry, good ? undefined : FAILURE)
  return good
}

const judge = (run: Run, parent: number, step: Step): void => {
  const { random, prose } = run
  const span = open(run, parent, 'check refund_policy', {
    ...ours('check', step),
    [SEAMTRACE.checkName]: 'refund_policy',
    [SEAMTRACE.checkTarget]: 'act',
    [SEAMTRACE.callInputDigest]: nextUnique(run),
    [SEAMTRACE.checkResult]: 'pass',
    [SEAMTRACE.checkScore]: random.integer(700, 1_000) / 1_000,
    [SEAMTRACE.checkReason]: prose.paragraph(40),
  })
  wait(run, 1, 4)
  close(run, span)
}

const handOn = (run: Run, parent: number, step: Step): void => {
  const next = STEPS[STEPS.indexOf(step) + 1]?.name ?? 'respond'
  const span = open(run, parent, `handoff ${step.name}→${next}`, {
    ...ours('handoff', step),
    [SEAMTRACE.handoffId]: nextUnique(run),
    [SEAMTRACE.handoffFrom]: step.name,
    [SEAMTRACE.handoffTo]: next,
    [SEAMTRACE.handoffMode]: 'pass_control',
    [SEAMTRACE.handoffKeys]: ['ticket', 'order', 'order.amount', 'category', 'passages'],
    [SEAMTRACE.handoffMustKeep]: ['order', 'ticket'],
    [SEAMTRACE.handoffSize]: run.random.integer(300, 9_000),
    [SEAMTRACE.handoffDigest]: nextUnique(run),
  })
  close(run, span)
}
