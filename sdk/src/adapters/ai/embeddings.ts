// Embeddings and rankings: each request of the library's as a model call, of which it tells begin and end, but not how it failed.
import { type Attributes, SpanKind } from '@opentelemetry/api'
import { GEN_AI, SEAMTRACE } from '@seamtrace/schema/words'
import { digestOf } from '../../payload.ts'
import { contentAttribute, nameOf } from '../../redact.ts'
import { annotate, endUnit, giveUp, markThrown, openUnit, type Unit } from '../../unit.ts'
import { bounded } from '../bounded.ts'
import { count, type Fields, fields, list, text } from '../fields.ts'

interface Request {
  readonly unit: Unit
  readonly callId: string
  /** of what is asked: another request for the same is another try */
  readonly digest: string | undefined
  readonly tries: number
}

export interface Embeddings {
  start(event: Fields): void
  end(event: Fields): void
  /** the call that the requests belong to failed */
  fail(callId: string, error: unknown): void
}

const MAX_REQUESTS = 1_000

/** A ranking has one request at a time, without an id of its own. */
const idOf = ({ embedCallId, callId }: Fields): string => text(embedCallId) || text(callId)

const askedIn = ({ values, query, documents }: Fields): unknown => values ?? { query, documents }

const isRanking = ({ operationId }: Fields): boolean => text(operationId).includes('rerank')

export function embeddings(): Embeddings {
  const open = bounded<string, Request>(MAX_REQUESTS, ({ unit }) => giveUp(unit))
  const failed = (id: string, { unit }: Request, error: unknown): void => {
    open.delete(id)
    markThrown(unit, error)
    endUnit(unit)
  }
  return {
    start(event) {
      const digest = digestOf(askedIn(event))
      const callId = text(event.callId)
      const before = open.entries().find(([, request]) => request.callId === callId && request.digest === digest)
      const tries = (before?.[1].tries ?? 0) + 1
      if (before !== undefined) failed(...before, new Error('the library asked again and keeps the reason to itself'))
      open.set(idOf(event), { unit: openRequest(event, digest, tries), callId, digest, tries })
    },
    end(event) {
      const unit = open.get(idOf(event))?.unit
      open.delete(idOf(event))
      if (unit === undefined) return
      annotate(unit, () => answered(event))
      endUnit(unit)
    },
    fail(callId, error) {
      for (const [id, request] of open.entries()) if (request.callId === callId) failed(id, request, error)
    },
  }
}

function openRequest(event: Fields, digest: string | undefined, tries: number): Unit {
  const model = nameOf(event.modelId ?? 'unknown')
  const operation = isRanking(event) ? 'rerank' : 'embeddings'
  return openUnit({
    kind: isRanking(event) ? 'retrieval' : 'model',
    name: `${operation} ${model}`,
    tracer: '@seamtrace/sdk/ai',
    spanKind: SpanKind.CLIENT,
    attributes: (): Attributes => ({
      [GEN_AI.operationName]: operation,
      [GEN_AI.requestModel]: model,
      [GEN_AI.providerName]: text(event.provider).split('.', 1)[0],
      [SEAMTRACE.attemptNumber]: tries > 1 ? tries : undefined,
    }),
    details: () => ({ [SEAMTRACE.callInputDigest]: digest, ...contentAttribute(SEAMTRACE.input, askedIn(event)) }),
  })
}

function answered(event: Fields): Attributes {
  const { usage, embeddings: vectors, ranking } = event
  const tokens = count(fields(usage).tokens)
  const found = ranking === undefined ? undefined : list(ranking).length
  return {
    // it says NaN when the vendor does not say
    [GEN_AI.inputTokens]: tokens !== undefined && tokens >= 0 ? tokens : undefined,
    [SEAMTRACE.retrievalMatches]: found,
    [SEAMTRACE.retrievalDimension]: vectors === undefined ? undefined : list(list(vectors)[0]).length,
  }
}
