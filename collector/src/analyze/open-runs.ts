// Runs that go on: the root spans that their programs told of and that have not ended, and whether anything is heard of them. Pure.
import type { Liveness, Outcome, RecognizedSpan } from '@seamtrace/schema'
import type { LiveFact, LogFact } from '../recognize/recognize-log.ts'
import { isoTime } from './time.ts'

/** The newest record of each root span that has not come, by {@link placeOf}. */
export type OpenRoots = ReadonlyMap<string, LiveFact>

const MISSED_BEATS = 3n
// From the program into the store: what is on its way was not missed.
const ON_ITS_WAY = 2_000_000_000n
const MILLISECOND = 1_000_000n

export const placeOf = ({ traceId, spanId }: { traceId: string; spanId: string }): string => `${traceId}/${spanId}`

const isLive = (fact: LogFact): fact is LiveFact => fact.kind === 'live'

/** Of records with one time the one that was heard first, so that a resend changes nothing. */
const isNewer = (one: LiveFact, other: LiveFact): boolean =>
  one.timeUnixNano === other.timeUnixNano ? one.heardUnixNano < other.heardUnixNano : one.timeUnixNano > other.timeUnixNano

const NONE: OpenRoots = new Map()

export const openRootsOf = (spans: readonly RecognizedSpan[], facts: readonly LogFact[]): OpenRoots => {
  const told = facts.filter(isLive)
  if (told.length === 0) return NONE
  const ended = new Set(spans.map(placeOf))
  const newest = new Map<string, LiveFact>()
  for (const fact of told) {
    const key = placeOf(fact)
    const known = newest.get(key)
    if (!ended.has(key) && (!known || isNewer(fact, known))) newest.set(key, fact)
  }
  return newest
}

// Flags bits 8 and 9: the parent is known to be in another process.
const REMOTE_PARENT = 0x300

/**
 * The spans with the open roots among them. What has ended inside of one comes before the spans around it: where its trace has one
 * root, which is open, it must be inside of that.
 */
export const withOpenRoots = (spans: readonly RecognizedSpan[], open: OpenRoots): readonly RecognizedSpan[] => {
  if (open.size === 0) return spans
  const roots = [...open.values()].map(({ span }) => span)
  const known = new Set([...spans, ...roots].map(placeOf))
  const tops = Map.groupBy(
    [...roots, ...spans].filter(({ parentSpanId }) => parentSpanId === ''),
    ({ traceId }) => traceId,
  )
  const topOf = ({ traceId }: RecognizedSpan): RecognizedSpan | undefined => {
    const [top, ...others] = tops.get(traceId) ?? []
    return top && others.length === 0 && open.has(placeOf(top)) ? top : undefined
  }
  const attached = spans.map((span) => {
    const { traceId, parentSpanId, flags } = span
    const isOrphan = parentSpanId !== '' && !known.has(placeOf({ traceId, spanId: parentSpanId }))
    const top = isOrphan && (flags & REMOTE_PARENT) !== REMOTE_PARENT ? topOf(span) : undefined
    return top ? { ...span, parentSpanId: top.spanId } : span
  })
  return [...roots, ...attached]
}

export type Living = {
  outcome: Outcome
  liveness: Liveness
  /** when it becomes unknown unless more is heard of it */
  recheckUnixNano: bigint
}

/**
 * @param outcome of the run, were its program still there: running or waiting
 * @param now undefined: it is
 */
export const livingOf = (fact: LiveFact, outcome: Outcome, now: bigint | undefined): Living => {
  const goodUntil = fact.heardUnixNano + MISSED_BEATS * BigInt(fact.everyMs) * MILLISECOND + ON_ITS_WAY
  const isLost = now !== undefined && now >= goodUntil
  const idle = fact.timeUnixNano - fact.changedUnixNano
  // whoever waits for a person may wait
  const stalls = outcome === 'running' && fact.stalledAfterMs > 0 && idle >= BigInt(fact.stalledAfterMs) * MILLISECOND
  const stalledSince = stalls && !isLost ? isoTime(fact.changedUnixNano) : null
  return {
    outcome: isLost ? 'unknown' : outcome,
    liveness: { step: fact.step, heardAt: isoTime(fact.heardUnixNano), stalledSince },
    recheckUnixNano: isLost ? 0n : goodUntil,
  }
}
