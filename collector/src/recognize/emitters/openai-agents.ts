// OpenAI Agents as OpenInference instruments it: a workflow, agents, handoffs and guardrails; turns are no steps.
import type { Attributes, Span } from '@seamtrace/schema'
import { emitter, jsonText, nameAfter, runOfCall, textAt, transferTarget } from '../emitter.ts'
import { guardrailVerdict, kindOfOpenInference, OPENINFERENCE_KEYS, typeOfOpenInference } from './openinference.ts'

const HANDOFF = 'handoff to'
const TOOL_KEY = 'tool.name'
// the text by which the SDK tells the model that a person refused; the tool never ran
const REFUSED = /not approved/i

const ASKED_TOOL = 'llm.output_messages.0.message.tool_calls.0.tool_call.function.name'

const ASKED_CALL = 'llm.output_messages.0.message.tool_calls.0.tool_call.id'
const MOST_MESSAGES = 100

/** Spans of tools have no id of the call: the model that was told the result last has. */
const answeredCall = (attributes: Attributes): string => {
  let last = ''
  for (let index = 0; index < MOST_MESSAGES && attributes.has(`llm.input_messages.${index}.message.role`); index++)
    last = textAt(attributes, `llm.input_messages.${index}.message.tool_call_id`) || last
  return last
}

const isUnanswered = ({ attributes, statusCode }: Span): boolean =>
  statusCode !== 2 && attributes.has('input.value') && !attributes.has('output.value')

export const openaiAgents = emitter({
  name: 'openai_agents',
  scopes: ['@arizeai/openinference-instrumentation-openai-agents', 'openinference.instrumentation.openai_agents'],
  facts: ['shows models', 'silent roots'],
  typeOf: (span) => {
    const kind = kindOfOpenInference(span)
    // the trace itself comes as an agent without a node; turns and tasks as chains
    if (span.parentSpanId === '' && !span.attributes.has('graph.node.id')) return 'pipeline'
    if (kind === 'TOOL' && (span.name.startsWith(HANDOFF) || textAt(span.attributes, TOOL_KEY).startsWith('handoff_to_'))) return 'handoff'
    return kind === 'CHAIN' ? 'other' : typeOfOpenInference(kind)
  },
  keys: OPENINFERENCE_KEYS,
  tells: (span, type) => {
    const { attributes, name, statusCode, statusMessage } = span
    if (type === 'pipeline') return { pipeline: name === 'Agent workflow' ? '' : name }
    if (type === 'agent') return { agent: textAt(attributes, 'graph.node.id') || name }
    if (type === 'check') return { verdict: guardrailVerdict(span) }
    if (type === 'tool' && statusCode === 2 && REFUSED.test(statusMessage)) return { outcome: 'cancelled', verdict: 'rejected' }
    // an approval that is waited for: the tool was asked for and not called, or its span begun and nothing came of it
    if (type === 'tool') return isUnanswered(span) ? { verdict: 'pending' } : undefined
    if (type === 'model') {
      if (attributes.has(ASKED_TOOL)) return { verdict: 'pending', runId: runOfCall(textAt(attributes, ASKED_CALL)) }
      return { runId: runOfCall(answeredCall(attributes)) }
    }
    if (type !== 'handoff') return undefined
    const to = nameAfter(name, HANDOFF) || transferTarget(textAt(attributes, TOOL_KEY))
    return { handoffFrom: jsonText(textAt(attributes, 'input.value'), 'from_agent'), handoffTo: to }
  },
})
