// Units by hand, for work that does not fit a callback: begun here, ended there.
/// <reference lib="esnext.disposable" preserve="true" />
import { context } from '@opentelemetry/api'
import { optionsOf } from './arguments.ts'
import { agentUnit, type CallOptions, type ToolOptions, toolUnit } from './call.ts'
import { type CheckOptions, checkUnit } from './check.ts'
import { type HumanOptions, humanUnit } from './human.ts'
import { keepOpen, release } from './left-open.ts'
import { markResult, type PipelineOptions, pipelineSpec } from './pipeline.ts'
import { nameOf } from './redact.ts'
import { type RetrievalOptions, retrievalUnit } from './retrieval.ts'
import { attemptSpec, retrySpec } from './retry.ts'
import { safely } from './safe.ts'
import { scopeOf } from './scope.ts'
import { type StateOperation, type StateOptions, stateUnit } from './state.ts'
import { finishStep, recordOutput, type StepOptions, stepSpec } from './step.ts'
import { endUnit, giveUp, markThrown, openUnit, type Recorded, whenRecording } from './unit.ts'
import { warnOnce } from './warn.ts'

/** A unit that was begun by hand. Nothing of it throws; what is never ended is told of when recording stops. */
export interface Open extends Disposable, AsyncDisposable {
  /** runs `fn` as a part of it: what is begun in there belongs to it */
  run<T>(fn: () => T): T
  /** it failed; {@link Waiting} and a caller's abort are told apart as in callbacks. Still to be ended. */
  fail(error: unknown): void
  /** it is over; `value` is recorded as the result of a callback would be */
  end(value?: unknown): void
}

/**
 * Begins a unit that ends elsewhere; names and options are those of the callback forms. With `using` it ends with the block, as a success
 * unless `fail` was called: an error that leaves the block does not reach it.
 * @example
 * const handle = open.step('transcode', { input: job })
 * encoder.on('error', (error) => { handle.fail(error); handle.end() })
 * encoder.on('done', (result) => handle.end(result))
 * @example
 * using handle = open.tool('search', { input: query })
 * const hits = handle.run(() => index.search(query))
 */
export const open = {
  pipeline: (name: string, options?: PipelineOptions): Open => {
    const given = optionsOf<PipelineOptions>(options)
    // inside another pipeline it is a step of that one, as in callbacks
    if (scopeOf().run !== undefined) return open.step(name, 'input' in given ? { input: given.input } : {})
    return openBy({ spec: pipelineSpec(nameOf(name), given), onValue: markResult })
  },
  step: <I>(given: string, options?: Omit<StepOptions<I>, 'retry'>): Open => {
    const name = nameOf(given)
    const spec = stepSpec(name, optionsOf<StepOptions<I>>(options))
    return openBy({ spec, onValue: recordOutput, onEnd: (unit, error) => finishStep(name, unit, error) })
  },
  tool: (name: string, options?: ToolOptions<unknown>): Open => openBy(toolUnit(name, optionsOf(options))),
  retrieval: (name: string, options?: RetrievalOptions<unknown>): Open => openBy(retrievalUnit(name, optionsOf(options))),
  agent: (name: string, options?: CallOptions<unknown>): Open => openBy(agentUnit(name, optionsOf(options))),
  /** ends with the verdict: `end(true)`, `end({ pass: false, reason })` */
  check: (name: string, options?: CheckOptions): Open => openBy(checkUnit(name, optionsOf(options))),
  /** ends with the answer: `end('approved')` */
  human: (name: string, options: HumanOptions): Open => openBy(humanUnit(name, optionsOf(options))),
  state: (store: string, operation: StateOperation, options?: StateOptions): Open =>
    openBy(stateUnit('state', store, operation, optionsOf(options))),
  memory: (store: string, operation: StateOperation, options?: StateOptions): Open =>
    openBy(stateUnit('memory', store, operation, optionsOf(options))),
  /** an operation that is tried several times: its attempts are begun in its `run` */
  retry: (name: string): Open => openBy({ spec: retrySpec(nameOf(name)) }),
  attempt: (name: string, { number, max, delayMs = 0 }: { number: number; max?: number; delayMs?: number }): Open =>
    openBy({ spec: attemptSpec(nameOf(name), { number, max, delayMs }) }),
} as const

function openBy({ spec, onValue, onEnd }: Recorded): Open {
  const unit = openUnit(spec)
  let [thrown, isOver]: [{ error: unknown } | undefined, boolean] = [undefined, false]
  keepOpen(unit, { name: spec.name, giveUp: () => giveUp(unit) })
  const finish = (value: unknown): void => {
    isOver = true
    release(unit)
    if (thrown === undefined && value !== undefined) whenRecording(unit, () => onValue?.(unit, value))
    safely(() => onEnd?.(unit, thrown?.error))
    endUnit(unit)
  }
  const end = (value?: unknown): void => {
    if (isOver) warnOnce('ended-twice', `cannot end ${spec.name} again: it is over`)
    else finish(value)
  }
  const dispose = (): void => {
    if (!isOver) finish(undefined)
  }
  return {
    run: (fn) => context.with(unit.context, fn),
    fail: (error) => {
      if (isOver) return warnOnce('ended-twice', `cannot fail ${spec.name}: it is over`)
      if (thrown === undefined) markThrown(unit, error)
      thrown ??= { error }
    },
    end,
    [Symbol.dispose]: dispose,
    [Symbol.asyncDispose]: async () => dispose(),
  }
}
