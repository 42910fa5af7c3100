// Tools that fail without throwing: what a result says of itself, whatever a framework wraps around it.
type Json = Record<string, unknown>

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

// Who only says what went wrong says it shortly; reading 14 KiB of JSON takes 90 µs.
const LONGEST_RESULT = 4_096
/** Wrappers within wrappers: OpenTelemetry's JSON, the message of the framework, its parts, the text of a part. */
const DEEPEST = 6

const WRAPPERS = ['output', 'data', 'kwargs', 'result', 'content', 'blocks', 'text']
/** What may stand beside an error that is all there is. */
const ABOUT_ERRORS: ReadonlySet<string> = new Set(
  'error errors status status_code code type message error_message error_type error_code detail details reason hint ok success isError is_error'.split(
    ' ',
  ),
)

const parsed = (text: string): unknown => {
  // most results hold no such word, and reading JSON takes twenty times as long as looking for it
  if (!/^\s*[[{"]/.test(text) || !/error|false/i.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const saysError = (json: Json): boolean => {
  if (json.isError === true || json.is_error === true || json.ok === false || json.success === false) return true
  if (json.status === 'error') return true
  const told = json.error
  const tells = (typeof told === 'string' && told !== '') || isJson(told)
  return tells && Object.keys(json).every((key) => ABOUT_ERRORS.has(key))
}

const MESSAGES = ['error_message', 'message', 'error', 'detail', 'reason']

const messageIn = (value: unknown, depth: number): string => {
  if (typeof value === 'string') return value
  if (depth === 0) return ''
  if (Array.isArray(value)) return messageIn(value[0], depth - 1)
  if (!isJson(value)) return ''
  for (const key of [...MESSAGES, ...WRAPPERS]) {
    const message = messageIn(value[key], depth - 1)
    if (message !== '') return message
  }
  return ''
}

const errorIn = (value: unknown, depth: number): string | undefined => {
  if (depth === 0) return undefined
  if (typeof value === 'string') return errorIn(parsed(value), depth - 1)
  if (Array.isArray(value)) return value.length === 1 ? errorIn(value[0], depth - 1) : undefined
  if (!isJson(value)) return undefined
  if (saysError(value)) return messageIn(value, depth)
  for (const key of WRAPPERS) {
    const error = errorIn(value[key], depth - 1)
    if (error !== undefined) return error
  }
  return undefined
}

/**
 * The error that a tool's result consists of: `isError` of MCP, `status: error` of ADK and LangChain, `ok: false`, or an `error` with
 * nothing of a result beside it. Text that is no JSON says nothing: it may be about errors.
 * @returns its message, '' where it has none; undefined when the result says no error
 * @example errorOfResult('{"error":"no such order"}') // 'no such order'
 */
export const errorOfResult = (result: string): string | undefined => (result.length > LONGEST_RESULT ? undefined : errorIn(result, DEEPEST))

/** Verdict of a model that was told last that its tool answered with an error. */
export const TOLD_ERROR = 'told_error'

// A conversation of more is not read for what its last line may tell.
const LONGEST_CONVERSATION = 32_768
const RESPONSE_PART = '"tool_call_response"'

/**
 * Whether the last that a model was told is that its tool answered with an error: frameworks whose spans of tools say nothing of a result
 * show it here (`gen_ai.input.messages`). Of several results nobody knows which is whose.
 */
export const lastToldError = (messages: string): boolean => {
  if (messages.length > LONGEST_CONVERSATION || !messages.includes(RESPONSE_PART)) return false
  try {
    const told: unknown = JSON.parse(messages)
    const last: unknown = Array.isArray(told) ? told.at(-1) : undefined
    const parts: unknown = isJson(last) ? last.parts : undefined
    const [part, ...others]: unknown[] = Array.isArray(parts) ? parts : []
    if (!isJson(part) || part.type !== 'tool_call_response' || others.length > 0) return false
    return errorIn(part.response ?? part.result, DEEPEST) !== undefined
  } catch {
    return false
  }
}
