// What a step calls: tools and agents (retrievals: retrieval.ts). One span per call, with the digest of its input and the size of its output.
import type { Attributes } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { optionsAndBody } from './arguments.ts'
import { digestOf, isRecord, sizeOf } from './payload.ts'
import { contentAttribute, nameOf } from './redact.ts'
import { safely } from './safe.ts'
import { type Recorded, runUnit, type Unit, type UnitSpec } from './unit.ts'

export interface CallOptions<I> {
  /** passed to the function; recorded as a digest, so that the same work done twice is seen */
  input?: I
}

export interface ToolOptions<I> extends CallOptions<I> {
  /** true when the tool changes something outside: charges, sends, writes */
  sideEffect?: boolean
  /** id that the model gave the call */
  callId?: string
}

type Body<T, I> = (input: I) => T

/**
 * Runs `fn` as a call of the tool `name`. A thrown error marks the span with `error.type` (code, HTTP status or class) and is
 * thrown unchanged; a result such as `{ isError: true }`, `{ ok: false }`, `[]` or `{ results: [] }` is marked as `error` or
 * `empty` although nothing was thrown.
 * @example const order = await tool('get_order', { input: { id: 7 } }, ({ id }) => orders.get(id))
 */
export function tool<T, I = unknown>(name: string, options: ToolOptions<I> | undefined, fn: Body<T, I>): T
/** The same without options. */
export function tool<T>(name: string, fn: () => T): T
export function tool<T, I>(given: string, first: ToolOptions<I> | Body<T, I> | undefined, second?: Body<T, I>): T {
  const [options, fn] = optionsAndBody<ToolOptions<I>, Body<T, I>>(first, second)
  return runCall(toolUnit(given, options), options, fn)
}

/** What is recorded of a call, whether it runs in a callback or by hand. */
export const toolUnit = (given: unknown, options: ToolOptions<unknown>): Recorded => {
  const name = nameOf(given)
  const attributes = (): Attributes => ({
    [GEN_AI.operationName]: 'execute_tool',
    [GEN_AI.toolName]: name,
    [GEN_AI.toolCallId]: options.callId,
    [SEAMTRACE.toolSideEffect]: options.sideEffect,
  })
  return callUnit({ kind: 'tool', name: `execute_tool ${name}`, attributes }, options, recordToolResult)
}

/**
 * Runs `fn` as one invocation of the agent `name`.
 * @example const report = await agent('researcher', { input: { topic } }, ({ topic }) => research(topic))
 */
export function agent<T, I = unknown>(name: string, options: CallOptions<I> | undefined, fn: Body<T, I>): T
/** The same without options. */
export function agent<T>(name: string, fn: () => T): T
export function agent<T, I>(given: string, first: CallOptions<I> | Body<T, I> | undefined, second?: Body<T, I>): T {
  const [options, fn] = optionsAndBody<CallOptions<I>, Body<T, I>>(first, second)
  return runCall(agentUnit(given, options), options, fn)
}

export const agentUnit = (given: unknown, options: CallOptions<unknown>): Recorded => {
  const name = nameOf(given)
  const attributes = (): Attributes => ({ [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.agentName]: name })
  return callUnit({ kind: 'agent', name: `invoke_agent ${name}`, attributes }, options, recordOutputSize)
}

export function callUnit(spec: UnitSpec, options: CallOptions<unknown>, onValue: (unit: Unit, value: unknown) => void): Recorded {
  const details = (): Attributes => {
    const { input } = options
    return input === undefined ? {} : { [SEAMTRACE.callInputDigest]: digestOf(input), ...contentAttribute(SEAMTRACE.input, input) }
  }
  return { spec: { ...spec, details }, onValue }
}

export function runCall<T, I>({ spec, onValue }: Recorded, options: CallOptions<I>, fn: Body<T, I>): T {
  const input = safely(() => options.input)
  return runUnit(spec, () => fn(input as I), onValue)
}

export function recordOutputSize(unit: Unit, value: unknown): void {
  unit.span.setAttributes({ [SEAMTRACE.callOutputSize]: sizeOf(value), ...contentAttribute(SEAMTRACE.output, value) })
}

function recordToolResult(unit: Unit, value: unknown): void {
  unit.span.setAttribute(SEAMTRACE.toolResultStatus, resultStatus(value))
  recordOutputSize(unit, value)
}

/** What a returned value says about the call: many tools report failure without throwing. */
export function resultStatus(value: unknown): 'ok' | 'error' | 'empty' {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return 'empty'
  if (!isRecord(value)) return 'ok'
  if (value.isError === true || value.ok === false) return 'error'
  return Array.isArray(value.results) && value.results.length === 0 ? 'empty' : 'ok'
}
