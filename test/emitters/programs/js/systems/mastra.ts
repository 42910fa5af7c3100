// Mastra, whose tracing goes out through its OpenTelemetry exporter.
import { Agent } from '@mastra/core/agent'
import { Mastra } from '@mastra/core/mastra'
import { createTool } from '@mastra/core/tools'
import { createStep, createWorkflow } from '@mastra/core/workflows'
import { Observability } from '@mastra/observability'
import { OtelExporter } from '@mastra/otel-exporter'
import { z } from 'zod'
import { type Happened, MODEL_URL, main, model, script, step, tool } from '../frame.ts'

const MODEL = 'gpt-4.1-mini'
const QUESTION = 'Where is order A-17?'
const order = z.object({ orderId: z.string() })

const getOrder = createTool({
  id: 'get_order',
  description: 'Looks up an order',
  inputSchema: order,
  execute: async ({ orderId }) => {
    if (!orderId.startsWith('A-')) throw new Error('no such order: ids begin with A-')
    return `${orderId} is shipped`
  },
})
const support = new Agent({
  id: 'support_agent',
  name: 'support_agent',
  instructions: 'Help.',
  model: { id: `openai/${MODEL}`, url: `${MODEL_URL}/v1`, apiKey: 'sk-none' },
  tools: { get_order: getOrder },
})

const said = z.object({ text: z.string() })
/** classify → fetch_order → respond; the second step fails as often as told. */
const orderFlow = (failures: number, retries = 2) => {
  let tries = 0
  const classify = createStep({ id: 'classify', inputSchema: said, outputSchema: said, execute: async () => ({ text: 'shipping' }) })
  const fetchOrder = createStep({
    id: 'fetch_order',
    inputSchema: said,
    outputSchema: said,
    retries,
    execute: async () => {
      tries += 1
      if (tries <= failures) throw new Error('order service answered 503')
      return { text: 'shipped' }
    },
  })
  const respond = createStep({ id: 'respond', inputSchema: said, outputSchema: said, execute: async () => ({ text: 'On its way.' }) })
  return createWorkflow({ id: 'order_flow', inputSchema: said, outputSchema: said }).then(classify).then(fetchOrder).then(respond).commit()
}

const refundFlow = createWorkflow({ id: 'refund_flow', inputSchema: said, outputSchema: said })
  .then(createStep({ id: 'classify', inputSchema: said, outputSchema: said, execute: async () => ({ text: 'refund' }) }))
  .then(
    createStep({
      id: 'approve',
      inputSchema: said,
      outputSchema: said,
      resumeSchema: z.object({ approved: z.boolean() }),
      execute: async ({ inputData, resumeData, suspend }) => (resumeData ? inputData : suspend({})),
    }),
  )
  .commit()

const flows = { refund_flow: refundFlow, steady: orderFlow(0), flaky: orderFlow(1), broken: orderFlow(9), brittle: orderFlow(9, 0) }
const observability = new Observability({
  configs: {
    otel: {
      serviceName: process.env.OTEL_SERVICE_NAME ?? 'mastra',
      exporters: [
        new OtelExporter({
          provider: { custom: { endpoint: `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`, protocol: 'http/protobuf' } },
        }),
      ],
    },
  },
})
const mastra = new Mastra({ agents: { support }, workflows: flows, observability })

const asksOrder = (orderId = 'A-17') => ({ tools: [{ name: 'get_order', arguments: { orderId } }] })
const alone = { pipeline: 'support_agent', agents: ['support_agent'], steps: [step('support_agent')] }
const ask = () => mastra.getAgent('support').generate(QUESTION, { maxSteps: 5 })

const happyPath = async (): Promise<Happened> => {
  await script([asksOrder(), { text: 'It is on its way.' }])
  await ask()
  return {
    story: 'One agent calls a tool and answers.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const toolErrorResult = async (): Promise<Happened> => {
  await script([asksOrder('17'), asksOrder(), { text: 'It is on its way.' }])
  await ask()
  return {
    story: 'The tool throws; the model reads it and asks again with another id.',
    runs: [
      {
        ...alone,
        outcome: 'success',
        recovered: true,
        calls: [tool('get_order', 1, 'failure'), tool('get_order')],
        models: [model(MODEL), model(MODEL), model(MODEL)],
      },
    ],
  }
}

const cachedTokens = async (): Promise<Happened> => {
  await script([
    { ...asksOrder(), usage: { input: 2000, cached: 1536, output: 12 } },
    { text: 'It is on its way.', usage: { input: 2100, cached: 1792, output: 340, reasoning: 256 } },
  ])
  await ask()
  return {
    story: 'Two model calls, most of whose input comes from the cache, the second with reasoning.',
    runs: [{ ...alone, outcome: 'success', calls: [tool('get_order')], models: [model(MODEL), model(MODEL)] }],
  }
}

const startFlow = async (flow: keyof typeof flows) => {
  await script([])
  const run = await mastra.getWorkflow(flow).createRun()
  return { run, result: await run.start({ inputData: { text: QUESTION } }) }
}
const must = (status: string, expected: string): void => {
  if (status !== expected) throw new Error(`cannot record: the run ended as ${status}, not ${expected}`)
}
const WHOLE = [
  { from: 'classify', to: 'fetch_order' },
  { from: 'fetch_order', to: 'respond' },
]

const wentWell = (attempts: number): Happened['runs'] => [
  {
    pipeline: 'order_flow',
    outcome: 'success',
    recovered: attempts > 1,
    steps: [step('classify'), step('fetch_order', 'success', attempts), step('respond')],
    handoffs: WHOLE,
  },
]

const plainAnswer = async (): Promise<Happened> => {
  must((await startFlow('steady')).result.status, 'success')
  return { story: 'A workflow of three steps, all of which succeed at once.', runs: wentWell(1) }
}

const retryThenSuccess = async (): Promise<Happened> => {
  must((await startFlow('flaky')).result.status, 'success')
  return { story: 'The second step of a workflow throws once and is run again.', runs: wentWell(2) }
}

const wentBadly = (attempts: number): Happened['runs'] => [
  {
    pipeline: 'order_flow',
    outcome: 'failure',
    steps: [step('classify'), step('fetch_order', 'failure', attempts)],
    handoffs: WHOLE.slice(0, 1),
    failure: { seam: 'classify→fetch_order', seamKind: 'handoff', gap: 'error', kind: 'exception', exhausted: attempts > 1 },
  },
]

const plainRefusal = async (): Promise<Happened> => {
  must((await startFlow('brittle')).result.status, 'failed')
  return { story: 'The second step of a workflow throws, and is not tried again.', runs: wentBadly(1) }
}

const retriesExhausted = async (): Promise<Happened> => {
  must((await startFlow('broken')).result.status, 'failed')
  return { story: 'The second step of a workflow throws three times, as often as it is tried.', runs: wentBadly(3) }
}

const humanWaiting = async (): Promise<Happened> => {
  must((await startFlow('refund_flow')).result.status, 'suspended')
  return {
    story: 'The second step of a workflow suspends for an approval, and nobody has answered yet.',
    runs: [
      {
        pipeline: 'refund_flow',
        outcome: 'waiting',
        steps: [step('classify'), step('approve', 'waiting')],
        handoffs: [{ from: 'classify', to: 'approve' }],
      },
    ],
  }
}

const humanInterrupt = async (): Promise<Happened> => {
  const { run } = await startFlow('refund_flow')
  must((await run.resume({ step: 'approve', resumeData: { approved: true } })).status, 'success')
  return {
    story: 'The second step of a workflow suspends for an approval and is resumed with it.',
    runs: [
      {
        pipeline: 'refund_flow',
        outcome: 'success',
        steps: [step('classify'), step('approve')],
        handoffs: [{ from: 'classify', to: 'approve' }],
      },
    ],
  }
}

await main({
  emitter: 'mastra',
  library: '@mastra/core',
  instrumentation: ['@mastra/otel-exporter', '@mastra/observability'],
  start: () => ({ flush: () => observability.shutdown() }),
  scenarios: {
    happy_path: happyPath,
    plain_answer: plainAnswer,
    retry_then_success: retryThenSuccess,
    plain_refusal: plainRefusal,
    retries_exhausted: retriesExhausted,
    tool_error_result: toolErrorResult,
    human_waiting: humanWaiting,
    human_interrupt: humanInterrupt,
    cached_tokens: cachedTokens,
  },
})
