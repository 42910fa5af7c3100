// Evaluation results that came as log records: verdicts from outside a run on one of its steps, or on its result.
import { type Attributes, type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import type { EvaluationFact, LogFact } from '../recognize/recognize-log.ts'
import { unitFinder } from './inferences.ts'
import type { RunRoots } from './roots.ts'
import { type Node, subtree } from './tree.ts'
import { startOf, stepOf, type Unit, unitsBelow } from './unit.ts'
import { eachOnce } from './with-logs.ts'

/** What an evaluation says, and the span that it judges; null for the run as a whole. */
export type JudgedSpan = { fact: EvaluationFact; node: Node | null }

const placeOf = ({ traceId, spanId }: Pick<RecognizedSpan, 'traceId' | 'spanId'>): string => `${traceId}/${spanId}`

/**
 * Which run each evaluation is about: that of the span it points at, else that with the response it names. What points at no span, or at
 * one above all runs, is about the run of its trace where that has one only.
 */
export const judgedRuns = (
  runs: readonly RunRoots[],
  logs: readonly LogFact[],
  spans: readonly RecognizedSpan[],
): Map<RunRoots, JudgedSpan[]> => {
  const found = new Map<RunRoots, JudgedSpan[]>()
  const facts = eachOnce(logs.filter((fact) => fact.kind === 'evaluation'))
  if (facts.length === 0) return found
  const [places, responses, ofTrace] = [
    new Map<string, [RunRoots, Node]>(),
    new Map<string, [RunRoots, Node]>(),
    new Map<string, Set<RunRoots>>(),
  ]
  for (const run of runs)
    for (const node of run.roots.flatMap(subtree)) {
      places.set(placeOf(node.span), [run, node])
      if (node.span.responseId !== '') responses.set(`${node.span.traceId}/${node.span.responseId}`, [run, node])
      ofTrace.set(node.span.traceId, (ofTrace.get(node.span.traceId) ?? new Set()).add(run))
    }
  const known = new Set(spans.map(placeOf))
  const add = (run: RunRoots, judged: JudgedSpan): void => {
    const known = found.get(run)
    if (known) known.push(judged)
    else found.set(run, [judged])
  }
  for (const fact of facts) {
    const [run, node] = places.get(placeOf(fact)) ?? responses.get(`${fact.traceId}/${fact.responseId}`) ?? []
    const [only, ...others] = ofTrace.get(fact.traceId) ?? []
    if (run && node) add(run, { fact, node })
    // a span that has not come may be of any run
    else if (only && others.length === 0 && (fact.spanId === '' || known.has(placeOf(fact)))) add(only, { fact, node: null })
  }
  return found
}

const attributesOf = ({ reason, label, score }: EvaluationFact, target: string): Attributes => {
  const said = [label, score === null ? '' : `score ${score}`, reason].filter(Boolean).join(', ')
  return new Map([
    [SEAMTRACE.checkTarget, target],
    [SEAMTRACE.checkReason, said],
  ])
}

/** The judged span, as the check that judged it: whoever follows the evidence finds what was judged. */
const checkSpan = (span: RecognizedSpan, fact: EvaluationFact, target: string): RecognizedSpan => ({
  ...span,
  ...{ type: 'check', name: fact.name, tool: fact.name, verdict: fact.verdict, layer: 'verification', layerRule: 'type' },
  ...{ startTimeUnixNano: fact.timeUnixNano, endTimeUnixNano: fact.timeUnixNano, attributes: attributesOf(fact, target) },
  ...{ outcome: 'success', errorType: '', errorMessage: '', failureKind: '', failureRule: '' },
  ...{ model: '', provider: '', responseId: '' },
})

/** Tells whether work began in a step after it was judged: then the verdict is on what was replaced. */
const wentOn = (): ((step: Unit, fact: EvaluationFact) => boolean) => {
  const latest = new Map<Unit, bigint>()
  return (step, { timeUnixNano }) => {
    const known = latest.get(step) ?? unitsBelow(step).reduce((last, unit) => (startOf(unit) > last ? startOf(unit) : last), 0n)
    latest.set(step, known)
    return known > timeUnixNano
  }
}

/**
 * Evaluations as checks beside the units of a run, never among them: they came when the work was done, and explain no failure in it.
 * One that judges a step which went on afterwards stands in that step, as a check of the program itself does.
 */
export const evaluationUnits = (judged: readonly JudgedSpan[], roots: RunRoots, run: Unit): Unit[] => {
  if (judged.length === 0) return []
  const unitOf = unitFinder(run, [run, ...unitsBelow(run)])
  const [isRoot, wentOnAfter] = [new Set(roots.roots), wentOn()]
  return judged.map(({ fact, node }) => {
    const step = node && !isRoot.has(node) ? stepOf(unitOf(node)) : null
    const around = step && wentOnAfter(step, fact) ? step : run
    const span = checkSpan(node?.span ?? (run.spans[0] as RecognizedSpan), fact, step?.name ?? 'result')
    return {
      ...{ kind: 'call', type: 'check', name: fact.name, layer: 'verification', layerRule: 'type', agent: '', visit: 1 },
      ...{ parent: around, children: [], handoffs: [], causes: [], spans: [span] },
      attempts: [
        {
          ...{ spans: [span], outcome: 'success', start: fact.timeUnixNano, end: fact.timeUnixNano },
          ...{ errorType: '', errorMessage: '', parentAttempt: around.attempts.length },
        },
      ],
    }
  })
}
