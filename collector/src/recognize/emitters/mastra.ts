// Mastra: agents, workflows and their steps by `mastra.span.type`; steps of a model and its chunks repeat what the generation says.
import { GEN_AI, type Span, type SpanType } from '@seamtrace/schema'
import { emitter, nameAfter, type Told, textAt } from '../emitter.ts'

const TYPE = 'mastra.span.type'

const TYPE_OF_TYPE = new Map<string, SpanType>(
  Object.entries({
    agent_run: 'agent',
    workflow_run: 'pipeline',
    workflow_step: 'step',
    model_generation: 'model',
    llm_generation: 'model',
    model_inference: 'model',
    tool_call: 'tool',
    mcp_tool_call: 'tool',
    client_tool_call: 'tool',
    processor_run: 'check',
    scorer_run: 'check',
    memory_operation: 'memory',
    rag_embedding: 'embedding',
    rag_vector_operation: 'retrieval',
    workflow_wait_event: 'human',
    model_step: 'other',
    model_chunk: 'other',
  } as const),
)

/** A generation was one inference, and is the loop of several since those have spans of their own: the operation tells which. */
const isLoop = ({ attributes }: Span): boolean => textAt(attributes, GEN_AI.operationName) === 'model_generation'

const typeOf = (span: Span): SpanType | undefined => {
  const type = TYPE_OF_TYPE.get(textAt(span.attributes, TYPE))
  return type === 'model' && isLoop(span) ? 'other' : type
}

/** `workflow step: 'fetch'`, and as the exporter names it, `workflow_step fetch`. */
const stepName = ({ attributes, name }: Span): string =>
  textAt(attributes, 'mastra.metadata.stepId') || nameAfter(name, 'workflow_step') || (name.split("'")[1] ?? '') || name

const isSuspended = ({ attributes }: Span, kind: string): boolean => textAt(attributes, `mastra.${kind}.status`) === 'suspended'

const tells = (span: Span, type: SpanType): Told | undefined => {
  if (type === 'step') return { step: stepName(span), ...(isSuspended(span, 'workflow_step') && { outcome: 'waiting' as const }) }
  // a run that is taken up again has the id of the one that was suspended
  if (type === 'pipeline')
    return {
      runId: textAt(span.attributes, 'mastra.metadata.runId'),
      ...(isSuspended(span, 'workflow_run') && { outcome: 'waiting' as const }),
    }
  // a failed inference ends with status OK
  const failed = type === 'model' && textAt(span.attributes, GEN_AI.finishReasons).includes('error')
  return failed || (type === 'model' && hasErrorReason(span)) ? { outcome: 'failure' } : undefined
}

const hasErrorReason = ({ attributes }: Span): boolean => {
  const reasons = attributes.get(GEN_AI.finishReasons)
  return Array.isArray(reasons) && reasons.includes('error')
}

export const mastra = emitter({
  name: 'mastra',
  scopes: ['@mastra/*', 'mastra*'],
  facts: ['shows models'],
  marks: [TYPE],
  typeOf,
  keys: {
    session: ['mastra.metadata.threadId', 'mastra.metadata.sessionId'],
    user: ['mastra.metadata.resourceId', 'mastra.metadata.userId'],
    errorMessage: ['error.message'],
  },
  tells,
})
