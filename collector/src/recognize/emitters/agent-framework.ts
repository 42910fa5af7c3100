// Microsoft Agent Framework: workflows of executors, and edges that say what became of each message.
import type { Attributes, Span, SpanType } from '@seamtrace/schema'
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
  if (name.startsWith('executor.process')) return 'step'
  if (name.startsWith('edge_group.process')) return crosses(attributes) ? 'handoff' : 'other'
  return typeOfOperation(operation) ?? 'other'
}

const tells = ({ attributes, name }: Span, type: SpanType): Told | undefined => {
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
  marks: ['edge_group.type', STATUS],
  typeOf,
  tells,
})
