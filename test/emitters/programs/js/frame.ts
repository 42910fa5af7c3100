// What all programs share: the exporter a user would set up, the script of the fake model, and the truth file.
import { readFileSync, writeFileSync } from 'node:fs'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { ScriptedAnswer, Served } from '../../fakes/script.ts'
import type { Scenario, TrueCall, TrueHandoff, TrueRun, TrueStep, Truth } from '../../truth.ts'

export const MODEL_URL = process.env.MODEL_URL ?? 'http://127.0.0.1:1'

/** A tracer provider as in every vendor's guide: one resource, one batch processor, one exporter told by the environment. */
export const startTelemetry = (): BasicTracerProvider => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME ?? 'emitter' })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  trace.setGlobalTracerProvider(provider)
  return provider
}

/** Tells the fake model what to answer from now on. */
export const script = async (answers: ScriptedAnswer[]): Promise<void> => {
  await fetch(`${MODEL_URL}/script`, { method: 'PUT', body: JSON.stringify(answers) })
}

export const served = async (): Promise<Served> => (await (await fetch(`${MODEL_URL}/served`)).json()) as Served

export const model = (name: string, attempts = 1, outcome: TrueCall['outcome'] = 'success'): TrueCall => ({
  type: 'model',
  name,
  attempts,
  outcome,
})

export const tool = (name: string, attempts = 1, outcome: TrueCall['outcome'] = 'success'): TrueCall => ({
  type: 'tool',
  name,
  attempts,
  outcome,
})

export const step = (name: string, outcome: TrueStep['outcome'] = 'success', attempts = 1): TrueStep => ({ name, attempts, outcome })

export const handoff = (from: string, to: string): TrueHandoff => ({ from, to })

/** Handoffs from each name to the next. */
export const chain = (...names: string[]): TrueHandoff[] => names.slice(1).map((to, index) => ({ from: names[index] ?? '', to }))

/** Runs what may end in an error; the error is what the scenario shows, and no fault of the program. */
export const endsBadly = async (run: () => Promise<unknown>): Promise<void> => {
  const failed = await run().then(
    () => false,
    () => true,
  )
  if (!failed) throw new Error('cannot record: the run was to fail, and did not')
}

export const must = (held: boolean, what: string): void => {
  if (!held) throw new Error(`cannot record: ${what}`)
}

/** What a scenario tells of a run; tokens are taken from the fake, the rest has the value that most runs have. */
export type Told = Partial<Omit<TrueRun, 'tokens'>> & Pick<TrueRun, 'outcome'>
export type Happened = { story: string; runs: Told[] }

export const trueRun = (told: Told, { tokens }: Served): TrueRun => ({
  pipeline: null,
  recovered: false,
  agents: [],
  steps: null,
  calls: [],
  models: [],
  handoffs: [],
  failure: null,
  ...told,
  tokens,
})

const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string }).version

export type Program = {
  emitter: string
  /** the package whose version names the folder */
  library: string
  /** packages that make the spans */
  instrumentation: string[]
  /** switches the telemetry on; what it gives back is called before the program ends */
  start(): { flush(): Promise<unknown> }
  scenarios: Partial<Record<Scenario, () => Promise<Happened>>>
}

/** Runs the scenario that the first argument names, flushes, and writes the truth. */
export const main = async ({ emitter, library, instrumentation, start, scenarios }: Program): Promise<void> => {
  const [name = '--list'] = process.argv.slice(2)
  if (name === '--list') {
    console.log(Object.keys(scenarios).join('\n'))
    return
  }
  const scenario = scenarios[name as Scenario]
  if (!scenario) throw new Error(`cannot run ${name}: ${emitter} has ${Object.keys(scenarios).join(', ')}`)
  const telemetry = start()
  const { story, runs } = await scenario()
  await telemetry.flush()
  const answered = await served()
  const truth: Truth = {
    emitter,
    version: versionOf(library),
    scenario: name as Scenario,
    instrumentation: instrumentation.map((pack) => `${pack}@${versionOf(pack)}`),
    story,
    runs: runs.map((told) => trueRun(told, answered)),
  }
  writeFileSync(process.env.TRUTH_FILE ?? 'truth.json', JSON.stringify(truth))
  process.exit(0)
}
