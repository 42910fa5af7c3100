// The demo's programs as one process: fills the last hours with runs of five pipelines, then trickles on.
import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { start } from '@seamtrace/sdk'
import { createDemoClock, type DemoClock } from './clock/demo-clock.ts'
import { createShiftingExporter } from './clock/shifting-exporter.ts'
import { createPace } from './fakes/pace.ts'
import { createWorld } from './fakes/world.ts'
import { createInjector, type Injector } from './faults/injector.ts'
import { DEFAULT_RUNS, type PlannedRun, planOne, planRuns } from './faults/plan.ts'
import { randomFrom } from './faults/random.ts'
import { truthOf } from './faults/truth.ts'
import { createLauncher, type Ending, endsAsPlanned, type Launcher } from './launch.ts'

export type FleetOptions = {
  endpoint: string
  runs: number
  seed: number
  hours: number
  faults: boolean
  truth?: string | undefined
  /** false when the history of an earlier demo is there */
  fill: boolean
  trickle: boolean
}

/** The fakes answer this many times faster than life, and the demo clock stretches times by as much. */
const SPEED = 30
/** Runs at the same time: enough to fill the waits of the fakes, few enough to keep the event loop quick. */
const CONCURRENCY = 20
const TRICKLE_EVERY_MS = 4000
/** Every four seconds have a number of their own, above those of the plan, so that a later demo on the same data repeats none. */
const firstTrickle = (): number => 500_000 + (Math.floor(Date.now() / TRICKLE_EVERY_MS) % 499_000)

/** From the environment, since arguments are seen by every user of a machine. */
const keyHeader = (): Record<string, string> => {
  const key = process.env.SEAMTRACE_DEMO_KEY
  return key ? { 'x-seamtrace-key': key } : {}
}

type Fleet = { options: FleetOptions; clock: DemoClock; injector: Injector; launch: Launcher; release: () => void }

export const runFleet = async (options: FleetOptions): Promise<void> => {
  const clock = createDemoClock(SPEED)
  const injector = createInjector()
  const exporter = createShiftingExporter(new OTLPTraceExporter({ url: `${options.endpoint}/v1/traces`, headers: keyHeader() }), clock)
  const seamtrace = start({ service: 'demo-fleet', serviceVersion: '1.0.0', environment: 'demo', exporter, content: 'full' })
  const pace = createPace(SPEED, (subject, lifeMs) => clock.pass(injector.of(subject)?.runId ?? '', lifeMs))
  const world = await createWorld(injector, pace)
  const fleet = { options, clock, injector, launch: createLauncher(world), release: exporter.release }
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())
  process.once('disconnect', giveUp)
  process.stdout.on('error', giveUp)
  if (options.fill) await fill(fleet, stopped.signal)
  await seamtrace.flush()
  report({ filled: true })
  if (options.trickle) await trickle(fleet, stopped.signal)
  await seamtrace.shutdown()
  await world.close()
  // The channel to the process that started this one would keep it alive.
  process.off('disconnect', giveUp)
  if (process.connected) process.disconnect()
}

/** Whoever started this process is gone: there is nobody left to send to. */
const giveUp = (): never => process.exit(1)

const report = (progress: object): void => {
  process.stdout.write(`${JSON.stringify(progress)}\n`)
}

/** Fills history in random order, so that every part of it can be seen from the first seconds on. */
const fill = async (fleet: Fleet, stopped: AbortSignal): Promise<void> => {
  const plan = planRuns({ ...fleet.options, nowMs: Date.now() })
  if (fleet.options.truth) await writeFile(fleet.options.truth, plan.map((run) => `${JSON.stringify(truthOf(run))}\n`).join(''))
  for (const run of plan) fleet.injector.add(run)
  const queue = randomFrom(fleet.options.seed).shuffle(plan)
  let done = 0
  const worker = async () => {
    for (let run = queue.pop(); run && !stopped.aborted; run = queue.pop()) {
      fleet.clock.begin(run.runId, run.startMs)
      await runOne(fleet, run)
      done += 1
      if (done % 20 === 0 || done === plan.length) report({ done, total: plan.length })
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

const runOne = async (fleet: Fleet, run: PlannedRun): Promise<void> => {
  const ending = await fleet.launch(run)
  if (!endsAsPlanned(run, ending)) process.stderr.write(`${run.runId} (fault ${run.fault ?? 'none'}) ended ${describe(ending)}\n`)
}

const describe = (ending: Ending): string => (ending.ended === 'failed' ? `with ${ending.error}` : ending.ended)

/** One run every few seconds that has just ended, until the process is told to stop. */
const trickle = async (fleet: Fleet, stopped: AbortSignal): Promise<void> => {
  for (let number = firstTrickle(); !stopped.aborted; number++) {
    const run = planOne(number, { ...fleet.options, startMs: Date.now() })
    fleet.injector.add(run)
    fleet.clock.begin(run.runId)
    await runOne(fleet, run)
    fleet.clock.endAt(run.runId, Date.now())
    fleet.release()
    fleet.injector.remove(run)
    setTimeout(() => fleet.clock.forget(run.runId), 60_000).unref()
    await sleep(TRICKLE_EVERY_MS, undefined, { signal: stopped }).catch(() => {})
  }
}

const readOptions = (args: string[]): FleetOptions => {
  const { values } = parseArgs({
    args,
    options: {
      endpoint: { type: 'string', default: 'http://127.0.0.1:4318' },
      runs: { type: 'string', default: String(DEFAULT_RUNS) },
      seed: { type: 'string', default: '7' },
      hours: { type: 'string', default: '48' },
      faults: { type: 'string', default: 'on' },
      truth: { type: 'string' },
      fill: { type: 'string', default: 'on' },
      trickle: { type: 'boolean', default: false },
    },
  })
  return {
    ...values,
    runs: Number(values.runs),
    seed: Number(values.seed),
    hours: Number(values.hours),
    faults: values.faults === 'on',
    fill: values.fill === 'on',
  }
}

/** The user's own settings for OpenTelemetry, OpenAI or LangSmith must neither change the demo nor get its traces. */
const setEnvironment = (): void => {
  for (const name of Object.keys(process.env)) if (/^(OTEL|OPENAI|LANGCHAIN|LANGSMITH)_/.test(name)) delete process.env[name]
  // The fill makes spans much faster than an application does: hold them all, and send early and often.
  Object.assign(process.env, { OTEL_BSP_MAX_QUEUE_SIZE: '200000', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1000', OTEL_BSP_SCHEDULE_DELAY: '300' })
}

if (import.meta.main) {
  setEnvironment()
  await runFleet(readOptions(process.argv.slice(2)))
}
