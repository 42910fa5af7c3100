// The layer of a unit by the rules of the model: the first that applies, kept with the unit.
import { isLayer, type Layer, type LayerRule, type SpanType } from '@seamtrace/schema'

const LAYER_OF_TYPE: Partial<Record<SpanType, Layer>> = {
  retrieval: 'context',
  embedding: 'context',
  memory: 'state',
  state: 'state',
  check: 'verification',
  human: 'human',
}

const LAYER_OF_OPERATION = new Map<string, Layer>(
  Object.entries({
    retrieval: 'context',
    embeddings: 'context',
    plan: 'planning',
    search_memory: 'state',
    create_memory: 'state',
    update_memory: 'state',
    upsert_memory: 'state',
    delete_memory: 'state',
    apply_guardrail: 'verification',
  } as const),
)

/** Whole words of a name, tried in this order. */
const WORDS: readonly (readonly [Layer, ReadonlySet<string>])[] = [
  ['state', new Set('checkpoint checkpoints checkpointer memory memories state session snapshot restore persist resume'.split(' '))],
  ['human', new Set('human approval approve approver escalate escalation review reviewer manual'.split(' '))],
  [
    'verification',
    new Set(
      (
        'verify verification verifier validate validation validator check checker guard guardrail guardrails eval evaluate ' +
        'evaluator evaluation critic critique judge grade grader test tests moderation assert'
      ).split(' '),
    ),
  ],
  [
    'planning',
    new Set(
      (
        'plan planner planning replan route router routing classify classifier classification intent triage dispatch ' +
        'dispatcher supervise supervisor orchestrate orchestrator coordinator decide'
      ).split(' '),
    ),
  ],
  [
    'context',
    new Set(
      'retrieve retrieval retriever search rag embed embedding embeddings rerank reranker ground grounding context knowledge'.split(' '),
    ),
  ],
]

/** Splits a name at `_ - . /` and spaces and between lower and upper case: `humanReview` → human, review. */
export const wordsOf = (name: string): string[] =>
  name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(?=\p{Lu}\p{Ll})/gu, '$1 ')
    .toLowerCase()
    .split(/[_\-./\s:]+/)
    .filter(Boolean)

const layerOfWords = (words: readonly string[]): Layer | null =>
  WORDS.find(([, known]) => words.some((word) => known.has(word)))?.[0] ?? null

// Splitting takes 1 µs, and a pipeline has few names; hostile ones only empty the table.
const MAX_KNOWN_NAMES = 1_000
const layerOfKnownName = new Map<string, Layer | null>()

/** The layer that a name tells, by whole words: `checkpoint` is state, `checkout` nothing. */
export const layerOfName = (name: string): Layer | null => {
  const known = layerOfKnownName.get(name)
  if (known !== undefined) return known
  const layer = layerOfWords(wordsOf(name))
  if (layerOfKnownName.size >= MAX_KNOWN_NAMES) layerOfKnownName.clear()
  layerOfKnownName.set(name, layer)
  return layer
}

export const layerOf = (unit: {
  explicit: string
  type: SpanType
  operation: string
  name: string
}): { layer: Layer; layerRule: LayerRule } => {
  if (isLayer(unit.explicit)) return { layer: unit.explicit, layerRule: 'explicit' }
  const ofType = LAYER_OF_TYPE[unit.type] ?? LAYER_OF_OPERATION.get(unit.operation)
  if (ofType) return { layer: ofType, layerRule: 'type' }
  const ofName = layerOfName(unit.name)
  if (ofName) return { layer: ofName, layerRule: 'name' }
  if (unit.type === 'model' || unit.type === 'tool' || unit.type === 'agent') return { layer: 'execution', layerRule: 'generic' }
  return { layer: 'execution', layerRule: 'default' }
}
