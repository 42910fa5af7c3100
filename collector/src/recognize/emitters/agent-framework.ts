// Microsoft Agent Framework: workflows of executors, and edges that say what became of each message.
import { type Attributes, GEN_AI, type Span, type SpanType } from '@seamtrace/schema'
import { emitter, nameAfter, type Told, textAt } from '../emitter.ts'
import { typeOfOperation } from '../span-type.ts'

const SOURCE = 'message.source_id'
const TARGET = 'message.target_id'
const STATUS = 'edge_group.delivery_status'
const EXECUTOR = 'executor.id'

const statusOf = (told: string): string => {
  if (told === 'delivered' || told === '') return told
  if (told.startsWith('dropped')) return 'dropped'
  return told === 'exception' ? 'failed' : ''
}

// the edge of an executor to itself, by which the workflow hands it the input
const INTERNAL = 'internal:'

/** A message to whoever listens crosses no known seam, and an edge whose condition says no is a route not taken. */
const crosses = (attributes: Attributes): boolean =>
  textAt(attributes, TARGET) !== '' &&
  !textAt(attributes, SOURCE).startsWith(INTERNAL) &&
  !textAt(attributes, STATUS).startsWith('dropped condition')

const typeOf = ({ attributes, name }: Span, operation: string): SpanType | undefined => {
  if (name.startsWith('workflow.run') || name.startsWith('workflow.session') || name.startsWith('workflow_invoke')) return 'pipeline'
  if (name.startsWith('workflow.build')) return 'setup'
  if (name.startsWith('executor.process')) return 'step'
  if (name.startsWith('edge_group.process')) return crosses(attributes) ? 'handoff' : 'other'
  return typeOfOperation(operation) ?? 'other'
}

// Of a request for approval and of its answer, both as `"id": "af-call-<32 hex digits>"`.
const APPROVAL = /"type": "function_approval_(request|response)".*?"id": "(af-call-[0-9a-f]{32})"/g
const LONGEST = 65_536

const lastApproval = (messages: string, kind: string): string =>
  messages.length > LONGEST ? '' : (Array.from(messages.matchAll(APPROVAL)).findLast(([, of]) => of === kind)?.[2] ?? '')

/** An agent that asks for approval stops there; the answer is what its next call begins with. */
const approvalOf = ({ attributes }: Span): Told | undefined => {
  const asked = lastApproval(textAt(attributes, GEN_AI.outputMessages), 'request')
  const answered = lastApproval(textAt(attributes, 'gen_ai.input.messages'), 'response')
  const runId = answered || asked
  return runId === '' ? undefined : { runId, ...(asked !== '' && { outcome: 'waiting' as const }) }
}

const tells = (span: Span, type: SpanType): Told | undefined => {
  const { attributes, name } = span
  if (type === 'agent') return approvalOf(span)
  if (type === 'pipeline') return { pipeline: textAt(attributes, 'workflow.name') }
  if (type === 'step') return { step: textAt(attributes, EXECUTOR) || nameAfter(name, 'executor.process') }
  if (type !== 'handoff') return undefined
  return {
    handoffFrom: textAt(attributes, SOURCE),
    handoffTo: textAt(attributes, TARGET),
    handoffStatus: statusOf(textAt(attributes, STATUS)),
  }
}

export const agentFramework = emitter({
  name: 'agent_framework',
  scopes: ['agent_framework*', 'Microsoft.Agents.AI*', 'Experimental.Microsoft.Agents.AI*'],
  facts: ['shows models'],
  marks: ['edge_group.type', STATUS],
  typeOf,
  tells,
})
