// What a span is for the analysis, where its emitter has no word of its own: by the GenAI operation, else by the span kind.
import { SPAN_TYPES, type SpanType } from '@seamtrace/schema'

const TYPE_OF_OPERATION = new Map<string, SpanType>(
  Object.entries({
    chat: 'model',
    text_completion: 'model',
    generate_content: 'model',
    completion: 'model',
    embeddings: 'embedding',
    retrieval: 'retrieval',
    rerank: 'retrieval',
    execute_tool: 'tool',
    invoke_agent: 'agent',
    invoke_workflow: 'pipeline',
    plan: 'step',
    run_step: 'step',
    invoke_node: 'step',
    execute_node: 'step',
    execute_task: 'step',
    handoff: 'handoff',
    goto: 'handoff',
    apply_guardrail: 'check',
    decide: 'check',
    search_memory: 'memory',
    create_memory: 'memory',
    update_memory: 'memory',
    upsert_memory: 'memory',
    delete_memory: 'memory',
    create_memory_store: 'memory',
    delete_memory_store: 'memory',
    create_agent: 'setup',
    // iterations of a model loop and asking how it goes are no work of their own
    agent_step: 'other',
    fetch_response: 'other',
  } as const),
)

const KNOWN_TYPES: ReadonlySet<string> = new Set(SPAN_TYPES)
export const isSpanType = (value: string): value is SpanType => KNOWN_TYPES.has(value)

export const typeOfOperation = (operation: string): SpanType | undefined =>
  operation === '' ? undefined : TYPE_OF_OPERATION.get(operation)
