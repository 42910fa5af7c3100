// Functions that the Google client calls by itself between two inferences: each call as a tool, whose span the caller never sees begin.
import { type Attributes, SpanStatusCode } from '@opentelemetry/api'
import { GEN_AI, OTEL, SEAMTRACE } from '@seamtrace/schema/words'
import { startClock } from '../clock.ts'
import { digestOf, isRecord, sizeOf } from '../payload.ts'
import { boundMessage, contentAttribute, nameOf } from '../redact.ts'
import { safely } from '../safe.ts'
import { scopeOf } from '../scope.ts'
import { endUnit, markThrown, openUnit, runUnit, type Unit, type UnitSpec, whenRecording, whenSettled } from '../unit.ts'
import { memberOf, textIn } from './fields.ts'
import type { Method } from './methods.ts'

/** The span of one function, however it came to be called. */
export function functionSpec(call: unknown, args: unknown): UnitSpec {
  const name = nameOf(textIn(call, 'name') ?? 'function')
  return {
    kind: 'tool',
    name: `execute_tool ${name}`,
    attributes: (): Attributes => ({
      [GEN_AI.operationName]: 'execute_tool',
      [GEN_AI.toolName]: name,
      [GEN_AI.toolCallId]: textIn(call, 'id'),
    }),
    details: (): Attributes => ({ [SEAMTRACE.callInputDigest]: digestOf(args), ...contentAttribute(SEAMTRACE.input, args) }),
  }
}

export function recordFunctionResult({ span }: Unit, result: unknown, isError: boolean): void {
  const empty = result === null || result === '' || (Array.isArray(result) && result.length === 0)
  span.setAttributes({
    [SEAMTRACE.toolResultStatus]: isError ? 'error' : empty ? 'empty' : 'ok',
    [SEAMTRACE.callOutputSize]: sizeOf(result),
    ...(isError && { [OTEL.errorType]: 'tool_error' }),
    ...contentAttribute(SEAMTRACE.output, result),
  })
  if (isError) span.setStatus({ code: SpanStatusCode.ERROR, message: boundMessage(messageIn(result)) })
}

/** What a function answers in place of a result: a text, or an object with one. */
const messageIn = (result: unknown): string => {
  const error = memberOf(result, 'error') ?? result
  return typeof error === 'string' ? error : (textIn(error, 'message') ?? 'the function says that it failed')
}

/** The same parameters, whose callable tools tell of what they are called for. */
export function tracedTools(params: unknown): unknown {
  const config = memberOf(params, 'config')
  const tools = memberOf(config, 'tools')
  if (!isRecord(params) || !isRecord(config) || !Array.isArray(tools) || !tools.some(isCallable)) return params
  return { ...params, config: { ...config, tools: tools.map((tool: unknown) => (isCallable(tool) ? tracedTool(tool) : tool)) } }
}

type Callable = { callTool: Method }

const isCallable = (tool: unknown): tool is Callable => typeof memberOf(tool, 'callTool') === 'function'

const tracedTool = (tool: Callable): Callable =>
  new Proxy(tool, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      const method: Method = (...args) => Reflect.apply(value, target, args)
      return key === 'callTool' ? (calls: unknown, ...rest: unknown[]) => called(calls, () => method(calls, ...rest)) : method
    },
  })

/** A tool gets all calls of an answer at once. One alone is around its work; of several each is told when all are answered. */
function called(calls: unknown, work: () => unknown): unknown {
  const asked: unknown[] = Array.isArray(calls) ? calls : []
  const [only] = asked
  if (asked.length === 1)
    return runUnit(functionSpec(only, memberOf(only, 'args')), work, (unit, parts) => recordPart(unit, responseTo(only, parts)))
  const startTime = (scopeOf().clock ?? startClock())()
  const tell = (call: unknown, record: (unit: Unit) => void): void => {
    const unit = openUnit({ ...functionSpec(call, memberOf(call, 'args')), startTime })
    whenRecording(unit, () => record(unit))
    endUnit(unit)
  }
  return whenSettled(
    work(),
    (parts) => {
      // what this tool did not answer was for another
      for (const call of asked) {
        const response = safely(() => responseTo(call, parts))
        if (response !== undefined) tell(call, (unit) => recordPart(unit, response))
      }
    },
    (error) => {
      for (const call of asked) tell(call, (unit) => void markThrown(unit, error))
    },
  )
}

const responseTo = (call: unknown, parts: unknown): unknown => {
  const responses = (Array.isArray(parts) ? parts : []).map((part: unknown) => memberOf(part, 'functionResponse'))
  const id = textIn(call, 'id')
  const found = responses.find((response) => id !== undefined && textIn(response, 'id') === id)
  const named = found ?? responses.find((response) => textIn(response, 'name') === textIn(call, 'name'))
  return memberOf(named, 'response')
}

function recordPart(unit: Unit, response: unknown): void {
  if (response === undefined) return
  recordFunctionResult(unit, response, isRecord(response) && (response.isError === true || response.error !== undefined))
}
