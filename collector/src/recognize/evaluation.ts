// An evaluation result as OpenTelemetry tells it: a name, a score or a label, and whether that is a yes or a no.
import { type Attributes, attributeNumber, attributeText, GEN_AI } from '@seamtrace/schema'

export type Evaluation = {
  name: string
  /** '' where neither the label nor a threshold says so: what a bare score means only its maker knows */
  verdict: 'pass' | 'fail' | ''
  score: number | null
  label: string
  reason: string
  /** of the inference that was judged, '' when it is not told */
  responseId: string
}

/** Labels that say whether it was good. "yes" and "true" do not: a hallucination may be true. */
const GOOD = /^(pass(ed)?|correct|right|good|excellent|safe|relevant|grounded|faithful|accept(ed|able)?|approved?|thumbs[ _-]?up|success)$/i
const BAD =
  /^(fail(ed|ure)?|incorrect|wrong|bad|poor|unsafe|irrelevant|not[ _-]?(relevant|grounded|correct|safe|faithful|acceptable)|ungrounded|unfaithful|hallucinated|unacceptable|reject(ed)?|thumbs[ _-]?down|error)$/i

// No convention names it yet: as evaluators that tell it do.
const THRESHOLD = ['gen_ai.evaluation.score.threshold', 'gen_ai.evaluation.threshold']
const EXPLANATION = 'gen_ai.evaluation.explanation'

const verdictOf = (label: string, score: number | null, threshold: number | null): Evaluation['verdict'] => {
  const word = label.trim()
  if (BAD.test(word)) return 'fail'
  if (GOOD.test(word)) return 'pass'
  return score === null || threshold === null ? '' : score < threshold ? 'fail' : 'pass'
}

/** Null for an evaluator that failed itself: it judged nothing. */
export const evaluationOf = (attributes: Attributes): Evaluation | null => {
  const score = attributeNumber(attributes, GEN_AI.evaluationScore)
  const label = attributeText(attributes, GEN_AI.evaluationLabel)
  if (score === null && label === '') return null
  return {
    name: attributeText(attributes, GEN_AI.evaluationName).slice(0, 200).toWellFormed() || 'evaluation',
    verdict: verdictOf(label, score, attributeNumber(attributes, ...THRESHOLD)),
    score,
    label,
    reason: attributeText(attributes, EXPLANATION).slice(0, 2000).toWellFormed(),
    responseId: attributeText(attributes, GEN_AI.responseId),
  }
}
