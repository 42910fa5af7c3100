// Tells the collector of runs while they go on: that one has started, and every few seconds what it is at. Nothing is sent for a step.
import { type Context, type HrTime, trace } from '@opentelemetry/api'
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace-base'
import { GEN_AI, OTEL, SEAMTRACE, SEAMTRACE_EVENTS, STARTED } from '@seamtrace/schema/words'
import { safely } from '../safe.ts'
import { recordsRequest, type SdkRecord } from './records.ts'
import type { ExportRequest } from './request.ts'

export interface LiveRunsOptions {
  /** between two heartbeats of a run; 0: runs are told of only when they have ended */
  heartbeatMs: number
  /** a run in which no span begins or ends for so long is shown as stalled; 0: never */
  stalledAfterMs: number
}

export const LIVE_RUNS: LiveRunsOptions = { heartbeatMs: 10_000, stalledAfterMs: 300_000 }

export interface LiveRuns {
  onStart(span: Span, parent: Context): void
  onEnd(span: ReadableSpan): void
  stop(): void
}

interface Live {
  readonly root: ReadableSpan
  /** steps, agents and questions to people that are open, in order of start */
  readonly open: ReadableSpan[]
  /** when a span of it last began or ended */
  changed: HrTime
  isTold: boolean
}

/** Runs that end sooner are told of by their spans. */
const TOLD_AFTER_MS = 500
// A heartbeat of so many is some 500 kB, every 10 s. Runs beyond them are shown when they have ended.
const MOST_RUNS = 1_000
const MOST_OPEN = 64
// A record takes some 20 µs: a bite holds the program up for a millisecond or two.
const BITE = 64
const SHORTEST_MS = 100
const SAMPLED = 1

const RUN_KINDS: ReadonlySet<unknown> = new Set(['pipeline', 'agent'])
const RUN_OPERATIONS: ReadonlySet<unknown> = new Set(['invoke_agent', 'invoke_workflow'])
const PLACES: ReadonlySet<unknown> = new Set(['step', 'agent', 'human'])

/** What the collector tells a run by, as far as it is known when the span starts. */
const KEYS = [
  SEAMTRACE.spanKind,
  SEAMTRACE.pipelineName,
  SEAMTRACE.pipelineVersion,
  SEAMTRACE.runId,
  SEAMTRACE.runRetryOf,
  GEN_AI.operationName,
  GEN_AI.agentName,
  GEN_AI.workflowName,
  GEN_AI.conversationId,
  OTEL.sessionId,
  OTEL.userId,
]

const nanosText = ([seconds, nanos]: HrTime): string => String(BigInt(seconds) * 1_000_000_000n + BigInt(nanos))

const isRun = ({ attributes }: ReadableSpan): boolean =>
  RUN_KINDS.has(attributes[SEAMTRACE.spanKind]) || RUN_OPERATIONS.has(attributes[GEN_AI.operationName])

/** Where the run is: the step that began last of those that are open, and whether a person is asked there. */
const placeOf = ({ open }: Live): { step: unknown; waits: boolean } => {
  let [step, waits]: [unknown, boolean] = ['', false]
  for (const { attributes } of open) {
    const kind = attributes[SEAMTRACE.spanKind]
    step = (kind === 'agent' ? attributes[GEN_AI.agentName] : attributes[SEAMTRACE.stepName]) ?? step
    waits = kind === 'human'
  }
  return { step, waits }
}

const recordOf = (live: Live, eventName: string, { heartbeatMs, stalledAfterMs }: LiveRunsOptions): SdkRecord => {
  const { root } = live
  const { step, waits } = placeOf(live)
  const told = {
    ...Object.fromEntries(KEYS.map((key) => [key, root.attributes[key]])),
    [SEAMTRACE.spanName]: root.name,
    [STARTED.parentSpanId]: root.parentSpanContext?.spanId,
    [STARTED.startTime]: nanosText(root.startTime),
    [SEAMTRACE.stepName]: step === '' ? undefined : String(step),
    [SEAMTRACE.outcome]: waits ? 'waiting' : undefined,
    [SEAMTRACE.changedAt]: nanosText(live.changed),
    [SEAMTRACE.heartbeatMs]: heartbeatMs,
    [SEAMTRACE.stalledAfterMs]: stalledAfterMs,
  }
  const attributes = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
  return { eventName, attributes, resource: root.resource, spanContext: root.spanContext() }
}

/** @param send takes a request over; never throws and never waits */
export const createLiveRuns = (given: LiveRunsOptions, send: (request: ExportRequest) => void): LiveRuns => {
  const options = { ...given, heartbeatMs: Math.max(SHORTEST_MS, given.heartbeatMs) }
  // on the span itself, since a weak map of all spans costs a step 2 µs; a program may have two of these
  const key = Symbol('seamtrace.live')
  type Marked = { [key]?: Live }
  const runOf = (span: object): Live | undefined => (span as Marked)[key]
  const mark = (span: object, live: Live): void => {
    ;(span as Marked)[key] = live
  }
  const runs = new Set<Live>()
  let startedTimer: NodeJS.Timeout | undefined
  let beatTimer: NodeJS.Timeout | undefined

  /** In bites; those that have ended meanwhile are left out. */
  const tell = (some: readonly Live[], eventName: string): void => {
    const live = some.slice(0, BITE).filter((run) => runs.has(run))
    const request = live.length === 0 ? undefined : safely(() => recordsRequest(live.map((run) => recordOf(run, eventName, options))))
    if (request) send({ ...request, about: 'runs' })
    if (some.length > BITE) setImmediate(tell, some.slice(BITE), eventName).unref()
  }
  const tellStarted = (): void => {
    startedTimer = undefined
    const some = [...runs].filter(({ isTold }) => !isTold)
    for (const run of some) run.isTold = true
    tell(some, SEAMTRACE_EVENTS.spanStarted)
  }
  const beat = (): void => {
    beatTimer = runs.size === 0 ? undefined : setTimeout(beat, options.heartbeatMs).unref()
    tell([...runs], SEAMTRACE_EVENTS.heartbeat)
  }
  const watch = (root: ReadableSpan): void => {
    if (runs.size >= MOST_RUNS) return
    const live: Live = { root, open: [], changed: root.startTime, isTold: false }
    runs.add(live)
    mark(root, live)
    startedTimer ??= setTimeout(tellStarted, TOLD_AFTER_MS).unref()
    beatTimer ??= setTimeout(beat, options.heartbeatMs).unref()
  }
  return {
    onStart: (span, parent) => {
      const around = trace.getSpan(parent)
      const live = around && runOf(around)
      if (live === undefined) {
        if ((span.spanContext().traceFlags & SAMPLED) !== 0 && isRun(span)) watch(span)
        return
      }
      mark(span, live)
      live.changed = span.startTime
      if (PLACES.has(span.attributes[SEAMTRACE.spanKind]) && live.open.length < MOST_OPEN) live.open.push(span)
    },
    onEnd: (span) => {
      const live = runOf(span)
      if (live === undefined) return
      if (span === live.root) runs.delete(live)
      live.changed = span.endTime
      const at = live.open.lastIndexOf(span)
      if (at >= 0) live.open.splice(at, 1)
    },
    stop: () => {
      clearTimeout(startedTimer)
      clearTimeout(beatTimer)
      runs.clear()
    },
  }
}
