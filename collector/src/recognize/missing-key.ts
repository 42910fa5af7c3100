// Whether an error is about a key that was needed and never arrived: by the words of a framework, or by the line that failed.
import { attributeText, type Span, type SpanType } from '@seamtrace/schema'

/** ADK, CrewAI, prompts of LangChain, and programs that say it themselves. */
export const MISSING_KEY =
  /Context variable not found|Missing required template variable|is missing variables \{|Missing value for input (variable )?`|missing (required )?(state|context) (key|variable|value|field)/i

// of a Python traceback the end tells: the line that failed and the error
const LONGEST_TAIL = 4_096
const KEY_ERROR = /KeyError(?:\(|: )(["'])([^"'\n]{1,200})\1/

/** Code of the workflow itself, which works on what it was given. */
const IS_GIVEN: ReadonlySet<SpanType> = new Set(['step', 'agent', 'pipeline', 'attempt', 'retry'])

/** What a run shares with its calls, in the frameworks' own words: a call may also miss a key in what a service answered. */
const SHARED = /(?:\bstate|\.deps)$/

const tracebackOf = ({ events }: Span): string => {
  const event = events.findLast(({ name }) => name === 'exception')
  return event ? attributeText(event.attributes, 'exception.stacktrace').slice(-LONGEST_TAIL) : ''
}

/** What stands before `["amount"]` in the traceback; null where the key is not in it, as when it was looked up by a value. */
const beforeKey = (traceback: string, key: string): string | null => {
  const at = [`["${key}"]`, `['${key}']`].map((literal) => traceback.lastIndexOf(literal)).find((index) => index >= 0)
  return at === undefined ? null : traceback.slice(Math.max(0, at - 50), at)
}

/**
 * A Python program asked for a key by its name, and what it had been given lacks it: a step in any way, a call in the state or the
 * dependencies of the run.
 */
export const lacksKey = (span: Span, type: SpanType, message: string): boolean => {
  const traceback = `${message.slice(-LONGEST_TAIL)}\n${tracebackOf(span)}`
  const key = KEY_ERROR.exec(traceback)?.[2]
  const before = key === undefined ? null : beforeKey(traceback, key)
  if (before === null) return false
  return IS_GIVEN.has(type) || (type !== 'model' && type !== 'embedding' && SHARED.test(before))
}
