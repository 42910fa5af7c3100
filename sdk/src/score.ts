// What someone thinks of a result: an evaluation, as OpenTelemetry tells one, of the run or of a step in it.
import { type Attributes, type Context, context, ROOT_CONTEXT } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { optionsOf } from './arguments.ts'
import type { RunTicket } from './handoff.ts'
import { boundMessage, boundName, nameOf } from './redact.ts'
import { withinRun } from './run-elsewhere.ts'
import { safely } from './safe.ts'
import { scopeOf } from './scope.ts'
import { annotate, endUnit, openUnit } from './unit.ts'
import { warnOnce } from './warn.ts'

export interface ScoreOptions {
  /** a word for it; `pass` and `fail` say whether it was good */
  label?: string
  /** for people, at most 2 kB; recorded even while content is off */
  explanation?: string
  /** who says so, e.g. `user`, `llm-judge` */
  source?: string
  /** the value below which it was not good */
  threshold?: number
  /** name of the step that is judged; default the result of the run */
  of?: string
  /** the run that is judged, from elsewhere or later: its id, or `run` of a ticket; default the current one */
  run?: string | RunTicket
}

/**
 * Records an evaluation of the current run, of a step in it, or of a run by its id. A value is only a figure: by `label` `fail`, or below
 * `threshold`, it says no, and a run whose result is judged so is a failure.
 * @param value a number, or a boolean: then 1 or 0, and whether it was good
 * @example score('helpful', 0.4, { threshold: 0.7, source: 'llm-judge' })
 * @example score('user feedback', false, { run: runId, explanation: 'wrong order' })
 */
export function score(name: string, value: number | boolean, options?: ScoreOptions): void {
  safely(() => {
    const given = optionsOf<ScoreOptions>(options)
    const unit = openUnit(
      { kind: 'check', name: `check ${nameOf(name)}`, attributes: () => attributesOf(nameOf(name), value, given) },
      placeOf(given),
    )
    annotate(unit, () => ({
      [GEN_AI.evaluationExplanation]: given.explanation === undefined ? undefined : boundMessage(given.explanation),
      [SEAMTRACE.checkReason]: given.explanation === undefined ? undefined : boundMessage(given.explanation),
    }))
    endUnit(unit)
  })
}

function attributesOf(name: string, value: number | boolean, { label, source, threshold, of }: ScoreOptions): Attributes {
  const figure = Number(value)
  const isGood = verdictOf(value, label, threshold)
  return {
    [SEAMTRACE.checkName]: name,
    [SEAMTRACE.checkScore]: Number.isFinite(figure) ? figure : undefined,
    [SEAMTRACE.checkResult]: isGood === undefined ? undefined : isGood ? 'pass' : 'fail',
    [SEAMTRACE.checkTarget]: of === undefined ? 'result' : nameOf(of),
    [GEN_AI.evaluationName]: name,
    [GEN_AI.evaluationScore]: Number.isFinite(figure) ? figure : undefined,
    [GEN_AI.evaluationLabel]: label === undefined ? undefined : boundName(label),
    [GEN_AI.evaluationThreshold]: threshold,
    [SEAMTRACE.scoreSource]: source === undefined ? undefined : boundName(source),
  }
}

function verdictOf(value: number | boolean, label: string | undefined, threshold: number | undefined): boolean | undefined {
  if (label === 'pass' || label === 'fail') return label === 'pass'
  if (typeof value === 'boolean') return value
  return threshold === undefined || !Number.isFinite(value) ? undefined : value >= threshold
}

const DERIVED_ID = /^([0-9a-f]{32})-([0-9a-f]{16})$/

/** Below the root span of the run, where that is known; else the id joins them. */
function placeOf({ run }: ScoreOptions): Context {
  const active = context.active()
  const current = scopeOf(active).run
  if (run === undefined) {
    if (current === undefined) warnOnce('unknown-run', 'cannot tell which run is scored: call score inside one, or give its id as run')
    return active
  }
  const ticket = typeof run === 'string' ? ticketOf(run) : run
  return ticket.id === current?.id ? active : withinRun(ticket, ROOT_CONTEXT)
}

/** A run without an id of its own is named by its root span; what pipeline it is of, the collector knows. */
function ticketOf(id: string): RunTicket {
  const [, traceId, spanId] = DERIVED_ID.exec(id) ?? []
  return { id, pipeline: '', root: traceId === undefined ? '' : `00-${traceId}-${spanId}-01` }
}
