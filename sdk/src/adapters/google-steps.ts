// Tools in the steps of an interaction: those that ran at the vendor's, and the functions that the program is asked to call.
import type { Context, HrTime } from '@opentelemetry/api'
import { trace } from '@opentelemetry/api'
import { startClock } from '../clock.ts'
import { isRecord } from '../payload.ts'
import { type Run, scopeOf } from '../scope.ts'
import { endUnit, openUnit, type Unit, type UnitSpec, whenRecording } from '../unit.ts'
import type { Bounded } from './bounded.ts'
import { memberOf, textIn } from './fields.ts'
import { functionSpec, recordFunctionResult } from './google-functions.ts'

/** A function that the program was asked for, and has not answered. */
export interface Pending {
  readonly step: Record<string, unknown>
  readonly since: HrTime
  readonly around: Context
  readonly run: Run | undefined
}

/** Between the question and `function_result` lies the work of the function, whatever the program does for it. */
export function waitForFunctions(pending: Bounded<string, Pending>, steps: readonly Record<string, unknown>[], around: Context): void {
  const { clock, run } = scopeOf(around)
  for (const step of steps) {
    const id = textIn(step, 'id')
    if (step.type !== 'function_call' || id === undefined) continue
    const now = (clock ?? clockNow)()
    pending.set(id, { step, since: now, around, run })
  }
}

const clockNow = (): HrTime => startClock()()

/** A program that tells of its function itself need not be told of twice. */
export function endsPending(pending: Bounded<string, Pending>, unit: Unit): void {
  if (pending.size === 0) return
  const { run } = scopeOf(unit.context)
  const name = memberOf(unit.span, 'name')
  for (const [id, one] of pending.entries()) {
    const called = textIn(one.step, 'name')
    if (one.run === run && (name === `execute_tool ${called}` || name === `tools/call ${called}`)) pending.delete(id)
  }
}

export function settleFunctions(pending: Bounded<string, Pending>, input: unknown): void {
  for (const result of Array.isArray(input) ? input : []) {
    const id = textIn(result, 'call_id')
    const asked = id === undefined ? undefined : pending.get(id)
    if (id === undefined || asked === undefined || !isRecord(result) || result.type !== 'function_result') continue
    pending.delete(id)
    const unit = openUnit({ ...functionSpec(asked.step, asked.step.arguments), startTime: asked.since }, asked.around)
    whenRecording(unit, () => recordFunctionResult(unit, result.result, result.is_error === true))
    endUnit(unit)
  }
}

const RETRIEVALS: ReadonlySet<string> = new Set(['file_search', 'retrieval', 'google_search', 'url_context'])

/** Tools of the vendor's own have no times: they ran since the interaction was last seen. */
export function tellServerTools(around: Unit, steps: readonly Record<string, unknown>[], since: HrTime, all: boolean): void {
  if (!all) return
  const results = new Map(steps.map((step) => [textIn(step, 'call_id'), step]))
  const parent = trace.setSpan(around.context, around.span)
  for (const step of steps) {
    const type = textIn(step, 'type') ?? ''
    if (!type.endsWith('_call') || type === 'function_call') continue
    const kind = type.slice(0, -'_call'.length)
    const result = results.get(textIn(step, 'id'))
    const unit = openUnit({ ...serverSpec(kind, step), startTime: since }, parent)
    if (result !== undefined) whenRecording(unit, () => recordFunctionResult(unit, result.result, result.is_error === true))
    endUnit(unit)
  }
}

function serverSpec(kind: string, step: Record<string, unknown>): UnitSpec {
  const spec = functionSpec({ id: step.id, name: textIn(step, 'name') ?? kind }, step.arguments)
  return RETRIEVALS.has(kind) ? { ...spec, kind: 'retrieval' } : spec
}
