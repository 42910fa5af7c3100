// One evaluation of the drop rule of every pipeline: what state each is in now, and which transitions that makes.
import { hash } from 'node:crypto'
import type { AlertEvent, AlertRuleStatus, AlertState, AlertVerdict, DropRule } from '@seamtrace/schema'
import { isoOf, type Scope } from '../query/scope.ts'
import { type DropEvidence, detectDrop } from './drop.ts'
import { NO_EVIDENCE, readEvidence } from './evidence.ts'
import { type Recorded, readRecorded } from './transitions.ts'

export type Evaluation = { statuses: AlertRuleStatus[]; transitions: AlertEvent[] }

const RULE_NAME = 'Reliability dropped'
export const dropRuleId = (pipeline: string): string => `reliability-dropped:${pipeline}`

/** The state that counts is what the table says, read each time: nothing is lost or done twice by a restart. */
export const evaluate = async (scope: Scope, rule: DropRule, before: readonly AlertRuleStatus[]): Promise<Evaluation> => {
  const recorded = await readRecorded(scope)
  const alarmed = [...recorded.values()].filter(isAlarmed)
  const evidence = await readEvidence(scope, rule, new Map(alarmed.map(({ pipeline, alarmAtMs }) => [pipeline, alarmAtMs])))
  const pipelines = new Set([...evidence.keys(), ...alarmed.map(({ pipeline }) => pipeline)])
  const results = [...pipelines].map((pipeline) =>
    evaluatePipeline(scope.now, rule, pipeline, evidence.get(pipeline) ?? NO_EVIDENCE, recorded.get(dropRuleId(pipeline)), before),
  )
  return {
    statuses: results.map(({ status }) => status).sort(firingFirst),
    transitions: results.flatMap(({ transition }) => transition ?? []),
  }
}

/** Firing, or without data since it fired. */
const isAlarmed = ({ state }: Recorded): boolean => state === 'firing' || state === 'no_data'

const evaluatePipeline = (
  now: Date,
  rule: DropRule,
  pipeline: string,
  evidence: DropEvidence,
  recorded: Recorded | undefined,
  before: readonly AlertRuleStatus[],
): { status: AlertRuleStatus; transition: AlertEvent | null } => {
  const ruleId = dropRuleId(pipeline)
  const from = recorded?.state ?? 'ok'
  const verdict = detectDrop(rule, evidence, recorded !== undefined && isAlarmed(recorded))
  const transition = isTransition(from, verdict.state) ? eventOf(recorded, now, ruleId, pipeline, from, verdict) : null
  const since =
    transition?.at ??
    sinceOf(
      now,
      verdict.state,
      recorded,
      before.find((status) => status.ruleId === ruleId),
    )
  const status = { ruleId, pipeline, name: RULE_NAME, rule, state: verdict.state, since, evaluatedAt: now.toISOString(), verdict }
  return { status, transition }
}

/** Of a rule that never fired only firing is news: a quiet pipeline would else make a message with every lull. */
const isTransition = (from: AlertState, to: AlertState): boolean => from !== to && (from !== 'ok' || to === 'firing')

/** Always after the transition before, or that one would go on to count as the newest: clocks are set back now and then. */
const transitionTime = (now: Date, recorded: Recorded | undefined): string => isoOf(Math.max(now.getTime(), (recorded?.atMs ?? 0) + 1))

/** Named by the transition before it: processes that find it at the same time write one row, and their messages have one key. */
const eventOf = (
  recorded: Recorded | undefined,
  now: Date,
  ruleId: string,
  pipeline: string,
  from: AlertState,
  verdict: AlertVerdict,
): AlertEvent => ({
  eventId: hash('sha256', JSON.stringify([ruleId, recorded?.atMs ?? 0, from, verdict.state])).slice(0, 32),
  ruleId,
  pipeline,
  name: RULE_NAME,
  at: transitionTime(now, recorded),
  from,
  to: verdict.state,
  verdict,
  delivery: { status: 'none', attempts: 0, lastError: '' },
})

const sinceOf = (now: Date, state: AlertState, recorded: Recorded | undefined, before: AlertRuleStatus | undefined): string => {
  if (before?.state === state) return before.since
  return recorded?.state === state ? isoOf(recorded.atMs) : now.toISOString()
}

const firingFirst = (a: AlertRuleStatus, b: AlertRuleStatus): number =>
  Number(b.state === 'firing') - Number(a.state === 'firing') || (a.pipeline < b.pipeline ? -1 : 1)
