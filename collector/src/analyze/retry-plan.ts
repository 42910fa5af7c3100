// What a `retry` span is about: tries of one call, or of a piece of code that fails by itself.
import { attributeText, type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import { failureKindOf } from '../recognize/failure-kind.ts'
import type { Node } from './tree.ts'
import { callName, callTypeOf } from './unit.ts'

export type RetryPlan = {
  span: RecognizedSpan
  name: string
  /** spans of the tries, in order */
  tries: RecognizedSpan[]
  /** 1 for the first of them */
  numberOf: ReadonlyMap<RecognizedSpan, number>
  /** the one call that every try makes, at most once; null when there are several, steps, or none */
  call: RecognizedSpan | null
  /** a try failed although nothing in it did */
  isOpaque: boolean
}

/** Calls and steps of a try, without looking inside them. */
const unitsOfTry = (attempt: Node): Node[] => {
  const found: Node[] = []
  const open = [...attempt.children]
  for (let at = open.pop(); at; at = open.pop()) {
    const { type } = at.span
    if (callTypeOf(type) || type === 'step' || type === 'pipeline' || type === 'retry') found.push(at)
    else for (const child of at.children) open.push(child)
  }
  return found
}

const callOf = (units: readonly Node[][]): RecognizedSpan | null => {
  const [first] = units.flat()
  if (!first || !callTypeOf(first.span.type) || units.some((ofTry) => ofTry.length > 1)) return null
  const same = (node: Node): boolean => node.span.type === first.span.type && callName(node.span) === callName(first.span)
  return units.flat().every(same) ? first.span : null
}

export const planRetry = (node: Node): RetryPlan => {
  const tries = node.children.filter((child) => child.span.type === 'attempt')
  const units = tries.map(unitsOfTry)
  return {
    span: node.span,
    name: attributeText(node.span.attributes, SEAMTRACE.retryName) || node.span.name,
    tries: tries.map((attempt) => attempt.span),
    numberOf: new Map(tries.map((attempt, index) => [attempt.span, index + 1])),
    call: callOf(units),
    isOpaque: tries.some(
      (attempt, index) => attempt.span.outcome === 'failure' && !units[index]?.some((unit) => unit.span.outcome === 'failure'),
    ),
  }
}

type Try = { outcome: string; errorType: string; errorMessage: string }

/**
 * The call's span as the try saw it: a reply that could not be read, or an answer that came too late, is a failure of the call
 * although its own span ended well.
 */
export const spanOfTry = (attempt: Try, span: RecognizedSpan): RecognizedSpan => {
  if (attempt.outcome !== 'failure') return span
  const facts = {
    type: span.type,
    failed: true,
    errorType: attempt.errorType,
    message: attempt.errorMessage,
    httpStatus: null,
    finishReasons: [],
    refused: false,
    outputSize: null,
    outputTokens: null,
    resultStatus: '',
    stateOperation: '',
    stateFound: true,
    lacksKey: false,
    humanDecision: '',
    declared: '',
  }
  return { ...span, outcome: 'failure', errorType: attempt.errorType, errorMessage: attempt.errorMessage, ...failureKindOf(facts) }
}
