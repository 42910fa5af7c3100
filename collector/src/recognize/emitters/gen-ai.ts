// OpenTelemetry GenAI, old and new key names: the operation says what a span is. Most other emitters send some of these keys too.
import { GEN_AI, type Span, type SpanOutcome } from '@seamtrace/schema'
import { emitter, textAt, transferTarget } from '../emitter.ts'
import { typeOfOperation } from '../span-type.ts'

/** Of an answer that is made in the background: asking how it goes works also where the answer itself failed. */
const OUTCOME_OF_STATUS = new Map<string, SpanOutcome>(
  Object.entries({
    requires_action: 'waiting',
    failed: 'failure',
    incomplete: 'failure',
    budget_exceeded: 'failure',
    cancelled: 'cancelled',
  } as const),
)

export const genAi = emitter({
  name: 'gen_ai',
  marks: [GEN_AI.operationName, GEN_AI.providerName, GEN_AI.system],
  // before 1.27 no operation was told
  typeOf: ({ attributes }, operation) => typeOfOperation(operation) ?? (isBareInference(attributes, operation) ? 'model' : undefined),
  keys: { step: ['gen_ai.node.name', 'gen_ai.task.name'], check: ['gen_ai.guardrail.component.name'] },
  tells: ({ attributes }, type) => {
    const status = textAt(attributes, GEN_AI.responseStatus)
    const outcome = OUTCOME_OF_STATUS.get(status)
    // an inference that asks for a function has answered: what goes on after that is the next one
    const isAnswered = outcome === 'waiting' && type === 'model'
    if (outcome && !isAnswered) return outcome === 'failure' ? { outcome, errorType: status } : { outcome }
    const handoffTo = type === 'tool' ? transferTarget(textAt(attributes, GEN_AI.toolName)) : ''
    return handoffTo === '' ? undefined : { handoffTo }
  },
})

const isBareInference = (attributes: Span['attributes'], operation: string): boolean =>
  operation === '' && attributes.has(GEN_AI.requestModel)
