// Google's Interactions API watched by the instrumentation of Node's fetch alone, below a span of the user's own.
import dns from 'node:dns'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { type Happened, MODEL_URL, main, model, must, script, startTelemetry } from '../frame.ts'
import { AGENT, clientOf, type LookUp, runJob } from '../interactions/jobs.ts'

// The spans name the host that a user would ask; it is the fake that answers.
const VENDOR = 'generativelanguage.googleapis.com'
const lookup = dns.lookup as (...given: unknown[]) => void
dns.lookup = ((host: string, ...rest: unknown[]) => lookup(host === VENDOR ? '127.0.0.1' : host, ...rest)) as typeof dns.lookup

const found: LookUp = async () => ({ entries: ['in force'] })

/** As a request handler would: one span around the work, which takes the error. */
const handle = async (lookUp: LookUp): Promise<boolean> => {
  // made here: the instrumentation must be on before the library takes hold of fetch
  const { GoogleGenAI } = await import('@google/genai')
  const { port } = new URL(MODEL_URL)
  const ai = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: `http://${VENDOR}:${port}` } })
  return trace.getTracer('regulation-watch').startActiveSpan('watch_regulation', async (span) => {
    try {
      await runJob(clientOf(ai, lookUp), 'What changed in the packaging act?')
      return true
    } catch (error) {
      span.recordException(error as Error)
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
      return false
    } finally {
      span.end()
    }
  })
}

const asks = { tools: [{ name: 'register_api', arguments: { topic: 'packaging' } }] }

const happyPath = async (): Promise<Happened> => {
  await script([asks, { text: 'Two amendments.' }])
  must(await handle(found), 'the run failed')
  return {
    story: 'Work is created in the background and polled; it asks for a function, gets its result and is completed.',
    runs: [{ outcome: 'success', models: [model(AGENT), model(AGENT)] }],
  }
}

const retryThenSuccess = async (): Promise<Happened> => {
  await script([{ status: 503, message: 'The model is overloaded.' }, { text: 'Two amendments.' }])
  must(await handle(found), 'the run failed')
  return {
    story: 'The vendor is overloaded once; its client asks again.',
    runs: [{ outcome: 'success', recovered: true, models: [model(AGENT, 2)] }],
  }
}

const refused = async (): Promise<Happened> => {
  await script([{ status: 401, message: 'API key not valid.' }])
  must(!(await handle(found)), 'the run was to fail, and did not')
  return {
    story: 'The vendor refuses the key.',
    runs: [
      {
        outcome: 'failure',
        models: [model(AGENT, 1, 'failure')],
        failure: { seam: 'start→*', seamKind: 'handoff', gap: 'error', kind: 'provider_error', exhausted: false },
      },
    ],
  }
}

const budget = async (): Promise<Happened> => {
  await script([{ ends: 'budget_exceeded', message: 'the budget is used up' }])
  must(!(await handle(found)), 'the run was to fail, and did not')
  return {
    story: 'The work uses its budget up, which the program sees when it polls.',
    runs: [
      {
        outcome: 'failure',
        models: [model(AGENT, 1, 'failure')],
        failure: { seam: 'start→*', seamKind: 'handoff', gap: 'error', kind: 'cost_budget', exhausted: false },
      },
    ],
  }
}

await main({
  emitter: 'interactions-http',
  library: '@google/genai',
  instrumentation: ['@opentelemetry/instrumentation-undici'],
  start() {
    const provider = startTelemetry()
    const instrumentation = new UndiciInstrumentation({ ignoreRequestHook: ({ origin }) => !String(origin).includes(VENDOR) })
    instrumentation.setTracerProvider(provider)
    return { flush: () => provider.forceFlush() }
  },
  scenarios: { happy_path: happyPath, retry_then_success: retryThenSuccess, plain_refusal: refused, loop_limit: budget },
})
