// The six layers: where in a pipeline a unit lives.

export const LAYERS = ['context', 'planning', 'execution', 'state', 'verification', 'human'] as const
export type Layer = (typeof LAYERS)[number]

export const LAYER_MEANING: Record<Layer, string> = {
  context: 'retrieval, RAG, embeddings, rerank, grounding, reading resources',
  planning: 'routing, intent classification, planning, supervision, deciding what runs next',
  execution: 'agents and tools doing the work: model generation, tool calls, code, delivery',
  state: 'shared memory: checkpoints, sessions, memory stores, resume',
  verification: 'guardrails, evaluators, critics, schema checks, tests',
  human: 'approval, escalation, review, human input',
}

/** How a layer was found: the first rule that applied, strongest first. */
export const LAYER_RULES = ['explicit', 'project', 'type', 'name', 'generic', 'inherited', 'default'] as const
export type LayerRule = (typeof LAYER_RULES)[number]

export const isLayer = (value: string): value is Layer => (LAYERS as readonly string[]).includes(value)
