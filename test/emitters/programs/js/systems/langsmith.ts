// LangSmith's own tracing of plain functions and of the OpenAI client, exported as OpenTelemetry spans.
import { trace } from '@opentelemetry/api'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { LangSmithOTLPTraceExporter } from 'langsmith/experimental/otel/exporter'
import { LangSmithOTLPSpanProcessor } from 'langsmith/experimental/otel/processor'
import { initializeOTEL } from 'langsmith/experimental/otel/setup'
import { RunTree } from 'langsmith/run_trees'
import { traceable } from 'langsmith/traceable'
import { wrapOpenAI } from 'langsmith/wrappers'
import OpenAI from 'openai-v7'
import { endsBadly, type Happened, MODEL_URL, main, model, script, tool } from '../frame.ts'

const MODEL = 'gpt-4.1-mini'
const QUESTION = 'Where is order A-17?'
const client = (maxRetries = 2) => wrapOpenAI(new OpenAI({ baseURL: `${MODEL_URL}/v1`, apiKey: 'sk-none', maxRetries }))

const ask = async (content: string, maxRetries = 2): Promise<string> => {
  const { choices } = await client(maxRetries).chat.completions.create({ model: MODEL, messages: [{ role: 'user', content }] })
  return choices[0]?.message.content ?? ''
}
const getOrder = traceable(async (orderId: string) => `${orderId} is shipped`, { name: 'get_order', run_type: 'tool' })
const brokenOrder = traceable(
  async (_: string): Promise<string> => {
    throw new Error('order service answered 500')
  },
  { name: 'get_order', run_type: 'tool' },
)

type Lookup = (orderId: string) => Promise<string>
const support = (lookup: Lookup, maxRetries = 2) =>
  traceable(
    async (question: string): Promise<string> => {
      const topic = await ask(`Classify: ${question}`, maxRetries)
      return ask(`Answer ${question} of ${topic} with ${await lookup('A-17')}`)
    },
    { name: 'support', run_type: 'chain' },
  )

const SUPPORT = { pipeline: 'support' }
const two = { calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }

const happyPath = async (): Promise<Happened> => {
  await script([{ text: 'shipping' }, { text: 'It is on its way.' }])
  await support(getOrder)(QUESTION)
  return { story: 'One function: a model call, a tool call, a model call.', runs: [{ ...SUPPORT, outcome: 'success', ...two }] }
}

const retryThenSuccess = async (): Promise<Happened> => {
  await script([{ text: 'shipping' }, { text: 'It is on its way.' }])
  await support((orderId) => brokenOrder(orderId).catch(() => getOrder(orderId)))(QUESTION)
  return {
    story: 'The tool throws once and is called again with the same input.',
    runs: [{ ...SUPPORT, outcome: 'success', recovered: true, ...two, calls: [tool('get_order', 2)] }],
  }
}

const LIMITED = { status: 429, message: 'Rate limit reached for requests' }
const refused = (attempts: number): Happened['runs'] => [
  {
    ...SUPPORT,
    outcome: 'failure',
    models: [model(MODEL, attempts, 'failure')],
    failure: { seam: 'start→support', seamKind: 'handoff', gap: 'error', kind: 'rate_limited', exhausted: attempts > 1 },
  },
]

const plainRefusal = async (): Promise<Happened> => {
  await script([LIMITED])
  await endsBadly(() => support(getOrder, 0)(QUESTION))
  return { story: 'The model refuses with 429 once, and the client does not try again.', runs: refused(1) }
}

const retriesExhausted = async (): Promise<Happened> => {
  await script([LIMITED, LIMITED, LIMITED])
  await endsBadly(() => support(getOrder)(QUESTION))
  return { story: 'The model refuses with 429 three times, as often as the client tries.', runs: refused(3) }
}

const toolError = async (): Promise<Happened> => {
  await script([{ text: 'shipping' }])
  await endsBadly(() => support(brokenOrder)(QUESTION))
  return {
    story: 'The tool throws, and nobody catches it.',
    runs: [
      {
        ...SUPPORT,
        outcome: 'failure',
        calls: [tool('get_order', 1, 'failure')],
        models: [model(MODEL)],
        failure: { seam: 'support→get_order', seamKind: 'tool', gap: 'tool', kind: 'tool_error', exhausted: false },
      },
    ],
  }
}

const swallowedError = async (): Promise<Happened> => {
  await script([{ text: 'shipping' }, { text: 'It is on its way.' }])
  await support((orderId) => brokenOrder(orderId).catch(() => ''))(QUESTION)
  return {
    story: 'The error of the tool is caught, and the answer is built on nothing.',
    runs: [{ ...SUPPORT, outcome: 'success', recovered: true, ...two, calls: [tool('get_order', 1, 'failure')] }],
  }
}

const cachedTokens = async (): Promise<Happened> => {
  await script([
    { text: 'shipping', usage: { input: 2000, cached: 1536, output: 12 } },
    { text: 'It is on its way.', usage: { input: 2100, cached: 1792, output: 340, reasoning: 256 } },
  ])
  await support(getOrder)(QUESTION)
  return {
    story: 'Two model calls, most of whose input comes from the cache, the second with reasoning.',
    runs: [{ ...SUPPORT, outcome: 'success', ...two }],
  }
}

const start = () => {
  // nothing but spans is to go out
  Object.assign(process.env, {
    LANGSMITH_TRACING: 'true',
    LANGSMITH_TRACING_MODE: 'otel',
    LANGSMITH_API_KEY: 'none',
    LANGSMITH_ENDPOINT: MODEL_URL,
  })
  const exporter = new LangSmithOTLPTraceExporter({ url: `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces` })
  const processor = new LangSmithOTLPSpanProcessor(exporter)
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME ?? 'emitter' })),
    spanProcessors: [processor],
  })
  trace.setGlobalTracerProvider(provider)
  initializeOTEL({ globalTracerProvider: provider })
  return {
    async flush() {
      await RunTree.getSharedClient().awaitPendingTraceBatches()
      await processor.forceFlush()
    },
  }
}

await main({
  emitter: 'langsmith',
  library: 'langsmith',
  instrumentation: ['langsmith'],
  start,
  scenarios: {
    happy_path: happyPath,
    retry_then_success: retryThenSuccess,
    plain_refusal: plainRefusal,
    retries_exhausted: retriesExhausted,
    tool_error: toolError,
    swallowed_error: swallowedError,
    cached_tokens: cachedTokens,
  },
})
