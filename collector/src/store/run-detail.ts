// A run ↔ the text in `runs.detail`: values in fixed places in lists, a third of the JSON that the API gives out.
import type { Attempt, Attribution, Call, Failure, Handoff, Liveness, Operation, Run, Step } from '@seamtrace/schema'

// A place never changes its meaning; a list may grow at its end. Rows of the first releases hold the API's JSON and begin with {.
const FORMAT = 1

// 2026-11-20T11:33: is the same for most times of a run
const MINUTE = 17

/** A time by what it has not in common with the start of the run. */
const shorten = (time: string, start: string): string =>
  time.length === start.length && time.startsWith(start.slice(0, MINUTE)) ? time.slice(MINUTE) : time
const lengthen = (time: string, start: string): string => (time.length === start.length - MINUTE ? start.slice(0, MINUTE) + time : time)

const packAttempt = (a: Attempt, start: string) =>
  [
    ...([a.number, a.outcome, a.spanId, shorten(a.startTime, start), a.durationMs, a.errorType, a.waitMs] as const),
    // most attempts spend nothing
    ...(a.costUsd === undefined ? [] : [a.costUsd]),
  ] as const
type PackedAttempt = ReturnType<typeof packAttempt>

const unpackAttempt = ([number, outcome, spanId, time, durationMs, errorType, waitMs, costUsd]: PackedAttempt, start: string): Attempt => ({
  number,
  outcome,
  spanId,
  startTime: lengthen(time, start),
  durationMs,
  errorType,
  waitMs,
  ...(costUsd !== undefined && { costUsd }),
})

const packOperation = ({ visit, outcome, recovered, attempts }: Operation, start: string) =>
  [visit, outcome, recovered, attempts.map((attempt) => packAttempt(attempt, start))] as const
type PackedOperation = ReturnType<typeof packOperation>

const unpackOperation = ([visit, outcome, recovered, attempts]: PackedOperation, start: string): Operation => ({
  visit,
  outcome,
  recovered,
  attempts: attempts.map((attempt) => unpackAttempt(attempt, start)),
})

const packStep = (s: Step, start: string) =>
  [s.name, s.layer, s.layerRule, s.agent, s.parent, s.operations.map((operation) => packOperation(operation, start)), s.costUsd] as const
type PackedStep = ReturnType<typeof packStep>

const unpackStep = ([name, layer, layerRule, agent, parent, operations, costUsd]: PackedStep, start: string): Step => ({
  name,
  layer,
  layerRule,
  agent,
  parent,
  operations: operations.map((operation) => unpackOperation(operation, start)),
  costUsd,
})

const packHandoff = (h: Handoff, start: string) =>
  [
    h.kind,
    h.from,
    h.to,
    h.mode,
    h.status,
    h.rule,
    h.inferred,
    shorten(h.startTime, start),
    h.payloadBytes,
    h.missingKeys,
    h.waitMs,
    h.spanId,
  ] as const
type PackedHandoff = ReturnType<typeof packHandoff>

const unpackHandoff = (packed: PackedHandoff, start: string): Handoff => {
  const [kind, from, to, mode, status, rule, inferred, time, payloadBytes, missingKeys, waitMs, spanId] = packed
  return { kind, from, to, mode, status, rule, inferred, startTime: lengthen(time, start), payloadBytes, missingKeys, waitMs, spanId }
}

const packCall = (c: Call, start: string) =>
  [
    c.type,
    c.name,
    c.spanId,
    c.step,
    c.visit,
    c.model,
    c.provider,
    c.outcome,
    c.recovered,
    c.attempts.map((attempt) => packAttempt(attempt, start)),
    c.inputTokens,
    c.outputTokens,
    c.costUsd,
    c.costSource,
  ] as const
type PackedCall = ReturnType<typeof packCall>

/** Rows of the first releases do not tell it. */
const sourceOfCost = (costUsd: number | null): Call['costSource'] => (costUsd === null ? 'unpriced' : costUsd === 0 ? '' : 'priced')

const unpackCall = (packed: PackedCall, start: string): Call => {
  const [type, name, spanId, step, visit, model, provider, outcome, recovered, attempts, inputTokens, outputTokens, costUsd, costSource] =
    packed
  const whole = attempts.map((attempt) => unpackAttempt(attempt, start))
  const money = { inputTokens, outputTokens, costUsd, costSource: costSource ?? sourceOfCost(costUsd) }
  return { type, name, spanId, step, visit, model, provider, outcome, recovered, attempts: whole, ...money }
}

// few runs have them, and few have many
type Rare = { attributedTo: Attribution | null; failures: Failure[]; liveness?: Liveness }

const packRun = (r: Run) => {
  const start = r.startTime
  const identity = [r.runId, r.traceIds, r.provisional, r.pipeline, r.version, r.environment, r.service, r.sessionId, r.userId] as const
  const { failedRunUsd, failedAttemptsUsd, duplicateWorkUsd } = r.wasted
  const tokens = [r.inputTokens, r.outputTokens, r.cachedInputTokens, r.reasoningTokens] as const
  const waste = [failedRunUsd, failedAttemptsUsd, duplicateWorkUsd] as const
  const money = [...tokens, r.costUsd, r.wastedUsd, r.unpricedCalls, r.cacheWriteTokens, r.reportedCalls, waste] as const
  const rare: Rare = { attributedTo: r.attributedTo, failures: r.failures, ...(r.liveness && { liveness: r.liveness }) }
  return [
    FORMAT,
    identity,
    r.retryOf,
    r.outcome,
    r.recovered,
    start,
    r.durationMs,
    money,
    r.story,
    r.steps.map((step) => packStep(step, start)),
    r.handoffs.map((handoff) => packHandoff(handoff, start)),
    r.calls.map((call) => packCall(call, start)),
    rare,
  ] as const
}
type PackedRun = ReturnType<typeof packRun>

/** Rows of the first releases tell the sum only: in a run that did not fail most of it was failed attempts. */
const wasteOf = (outcome: Run['outcome'], wastedUsd: number) =>
  outcome === 'failure' ? ([wastedUsd, 0, 0] as const) : ([0, wastedUsd, 0] as const)

const unpackRun = (packed: PackedRun): Run => {
  const [, identity, retryOf, outcome, recovered, start, durationMs, money, story, steps, handoffs, calls, rare] = packed
  const [runId, traceIds, provisional, pipeline, version, environment, service, sessionId, userId] = identity
  const [inputTokens, outputTokens, cachedInputTokens, reasoningTokens, costUsd, wastedUsd, unpricedCalls, ...later] = money
  const [cacheWriteTokens = 0, reportedCalls = 0, waste = wasteOf(outcome, wastedUsd)] = later
  const [failedRunUsd, failedAttemptsUsd, duplicateWorkUsd] = waste
  return {
    ...{ runId, traceIds, provisional, pipeline, version, environment, service, sessionId, userId, retryOf },
    ...{ outcome, recovered, startTime: start, durationMs },
    ...{ inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens, costUsd, wastedUsd },
    ...{ wasted: { failedRunUsd, failedAttemptsUsd, duplicateWorkUsd }, unpricedCalls, reportedCalls },
    attributedTo: rare.attributedTo,
    story,
    liveness: rare.liveness ?? null,
    steps: steps.map((step) => unpackStep(step, start)),
    handoffs: handoffs.map((handoff) => unpackHandoff(handoff, start)),
    calls: calls.map((call) => unpackCall(call, start)),
    failures: rare.failures,
  }
}

export const detailOfRun = (run: Run): string => JSON.stringify(packRun(run))

/** Their JSON told neither sources nor classes of a cost. */
const ofFirstReleases = (run: Run): Run => {
  const [failedRunUsd, failedAttemptsUsd, duplicateWorkUsd] = wasteOf(run.outcome, run.wastedUsd)
  const wasted = { failedRunUsd, failedAttemptsUsd, duplicateWorkUsd }
  const calls = run.calls.map((call) => ({ ...call, costSource: call.costSource ?? sourceOfCost(call.costUsd) }))
  return {
    ...run,
    liveness: null,
    cacheWriteTokens: run.cacheWriteTokens ?? 0,
    wasted: run.wasted ?? wasted,
    reportedCalls: run.reportedCalls ?? 0,
    calls,
  }
}

/** @throws Error when the text was written by a later release */
export const runOfDetail = (detail: string): Run => {
  const parsed = JSON.parse(detail) as PackedRun | Run
  if (!Array.isArray(parsed)) return ofFirstReleases(parsed as Run)
  if (parsed[0] !== FORMAT) throw new Error(`cannot read a run of format ${parsed[0]}: it was written by a newer release`)
  return unpackRun(parsed as unknown as PackedRun)
}
