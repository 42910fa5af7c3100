// Google ADK, JavaScript and Python. Spans that failed may hold no attribute at all: the name is what always tells.
import { attributeCount, CALL_ID, GEN_AI, type Span, type SpanOutcome, type SpanType } from '@seamtrace/schema'
import { emitter, firstText, jsonText, nameAfter, type Told, textAt } from '../emitter.ts'

const OWN = 'gcp.vertex.agent.'
const ATTEMPT = 'adk.node.attempt'
const RESPONSE = `${OWN}tool_response`
const RESULTS = [RESPONSE, 'gen_ai.tool.call.result']
const NEEDS_CONFIRMATION = 'This tool call requires confirmation'
const PATH = 'adk.node.path'

const TYPE_OF_WORD = new Map<string, SpanType>(
  Object.entries({
    // around everything, without a name of its own
    invocation: 'other',
    invoke_workflow: 'pipeline',
    invoke_agent: 'agent',
    agent_run: 'agent',
    execute_node: 'step',
    invoke_node: 'step',
    execute_node_attempt: 'attempt',
    call_llm: 'model',
    generate_content: 'model',
    execute_tool: 'tool',
  } as const),
)

const wordOf = (name: string): string => {
  const end = name.indexOf(' ')
  return end < 0 ? name : name.slice(0, end)
}

/** `execute_tool search` and, in Python, `agent_run [search]`. */
const bareName = (name: string): string => {
  const bare = nameAfter(name, wordOf(name))
  return bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare
}

// the question stands here, the answer comes in another invocation
const isQuestion = (tool: string): boolean => tool.startsWith('adk_request_')
// the framework's own: whoever calls it is no longer in charge
const TRANSFER = 'transfer_to_agent'
const isMerged = (span: Span): boolean => bareName(span.name) === '(merged)'

/** In JavaScript a workflow is run as a node: that one tells how it ended, the workflow's own span inside ends well even so. */
const isOutermostNode = ({ attributes, name }: Span): boolean => textAt(attributes, PATH) === bareName(name)

/** In JavaScript an inference says what was asked once it is answered: a callback may have answered, or a limit forbidden to ask. */
const saysNothing = ({ attributes, statusCode }: Span): boolean => attributes.size === 0 && statusCode !== 2

const typeOf = (span: Span): SpanType | undefined => {
  const type = TYPE_OF_WORD.get(wordOf(span.name))
  if (type === 'model' && saysNothing(span)) return 'other'
  if (type === 'step' && isOutermostNode(span)) return 'pipeline'
  if (type === 'pipeline' && span.attributes.has(PATH)) return 'other'
  if (type !== 'tool') return type
  if (isMerged(span)) return 'other'
  const tool = bareName(span.name)
  return tool === TRANSFER ? 'handoff' : isQuestion(tool) ? 'human' : 'tool'
}

const OUTCOMES = new Map<string, SpanOutcome>([
  ['completed', 'success'],
  ['waiting', 'waiting'],
  ['failed', 'failure'],
])

/** A call that had to be approved is made again in another trace, under the id that ADK gave it: `adk-<uuid>`. */
const callOf = ({ attributes }: Span): string => {
  const id = textAt(attributes, GEN_AI.toolCallId)
  return id.startsWith('adk-') ? `${CALL_ID}${id}` : ''
}

/** In JavaScript a tool's span says what was called only once it has answered: one that threw says nothing at all. */
const ofTool = (tool: string, span: Span): Told => {
  if (span.attributes.size === 0) return { tool, outcome: 'failure' }
  // the question is the result of the call that is to be confirmed
  const waits = firstText(span.attributes, RESULTS).includes(NEEDS_CONFIRMATION)
  return { tool, runId: callOf(span), ...(waits && { outcome: 'waiting' as const, verdict: 'pending' }) }
}

/** In Python the arguments are told only where content may be: without them the agent that begins next is the receiver. */
const targetOf = ({ attributes }: Span): string => {
  const told = textAt(attributes, `${OWN}tool_call_args`)
  return jsonText(told, 'agent_name') || jsonText(told, 'agentName')
}

const tells = (span: Span, type: SpanType): Told | undefined => {
  const bare = bareName(span.name)
  const outcome = OUTCOMES.get(textAt(span.attributes, 'adk.node.status'))
  if (type === 'tool') return ofTool(bare, span)
  if (type === 'handoff') return { handoffTo: targetOf(span) }
  if (type === 'human') return { tool: bare, outcome: 'waiting' }
  if (type === 'pipeline') return { pipeline: textAt(span.attributes, 'adk.workflow.name') || bare, ...(outcome && { outcome }) }
  if (type === 'agent') return bare === '' ? undefined : { agent: bare }
  // around its tries a node carries the number of the last: it is the operation, they are the attempts
  if (type === 'step') return { step: bare, ...(outcome && { outcome }) }
  if (type !== 'attempt') return undefined
  return { step: bare, attempt: attributeCount(span.attributes, ATTEMPT), ...(outcome && { outcome }) }
}

export const adk = emitter({
  name: 'adk',
  scopes: ['gcp.vertex.agent'],
  facts: ['shows models', 'silent roots'],
  marks: [`${OWN}invocation_id`, `${OWN}event_id`, 'adk.node.path', 'adk.workflow.name'],
  typeOf,
  keys: { session: [`${OWN}session_id`], result: [RESPONSE] },
  tells,
})
