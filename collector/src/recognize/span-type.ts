// What a span is for the analysis, by our own key first, then by the GenAI operation name.
import { type Attributes, attributeText, GEN_AI, SEAMTRACE, SPAN_TYPES, type SpanType } from '@seamtrace/schema'

const TYPE_OF_OPERATION = new Map<string, SpanType>(
  Object.entries({
    chat: 'model',
    text_completion: 'model',
    generate_content: 'model',
    embeddings: 'embedding',
    retrieval: 'retrieval',
    execute_tool: 'tool',
    invoke_agent: 'agent',
    invoke_workflow: 'pipeline',
    plan: 'step',
    run_step: 'step',
    search_memory: 'memory',
    create_memory: 'memory',
    update_memory: 'memory',
    upsert_memory: 'memory',
    delete_memory: 'memory',
    apply_guardrail: 'check',
  } as const),
)

const KNOWN_TYPES: ReadonlySet<string> = new Set(SPAN_TYPES)
const isSpanType = (value: string): value is SpanType => KNOWN_TYPES.has(value)

export const spanTypeOf = (attributes: Attributes): { type: SpanType; emitter: string } => {
  const ours = attributeText(attributes, SEAMTRACE.spanKind)
  if (isSpanType(ours)) return { type: ours, emitter: 'seamtrace' }
  const operation = attributeText(attributes, GEN_AI.operationName)
  const known = TYPE_OF_OPERATION.get(operation)
  if (known) return { type: known, emitter: 'gen_ai' }
  return { type: 'other', emitter: operation === '' ? 'otel' : 'gen_ai' }
}
