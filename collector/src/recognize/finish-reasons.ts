// Why an inference ended, in the words of OpenTelemetry, whatever the emitter and the vendor call it.
import { type Attributes, attributeList } from '@seamtrace/schema'

const CANONICAL = new Map<string, string>(
  Object.entries({
    'content-filter': 'content_filter',
    SAFETY: 'content_filter',
    'tool-calls': 'tool_calls',
    tool_call: 'tool_calls',
    tool_use: 'tool_calls',
    function_call: 'tool_calls',
    max_tokens: 'length',
    MAX_TOKENS: 'length',
  }),
)

export const finishReasonsOf = (attributes: Attributes, keys: readonly string[]): string[] => {
  for (const key of keys) {
    if (!attributes.has(key)) continue
    const reasons = attributeList(attributes, key)
    if (reasons.length > 0) return reasons.map((reason) => CANONICAL.get(reason) ?? reason)
  }
  return []
}
