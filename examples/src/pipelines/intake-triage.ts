// Triage of incoming cases: a model that says how sure it is, a person when it is not, and two desks behind a queue.
import { check, human, pipeline, receive, step, Waiting } from '@seamtrace/sdk'
import type OpenAI from 'openai'
import { askModel } from './ask-model.ts'
import { type Queue, sendTo } from './queue-handoff.ts'

export type IntakeCase = { runId: string; caseId: string; text: string; contact: { name: string; email: string } }

export type TriageServices = {
  openai: OpenAI
  queue: Queue
  queueTimeoutMs: number
  /** asks the officer on duty; null while there is no answer */
  askOfficer: (caseId: string) => Promise<{ decision: string } | null>
  /** what the desk says after looking at the case */
  acknowledge: (desk: string, accepted: { caseId: string; category: string }) => Promise<{ misrouted: boolean }>
}

type Triage = { category: string; urgent: boolean; confidence: number }
type Routed = { caseId: string; category: string; contact: { name: string; email: string } }
type Accepted = { caseId: string; category: string; greeting: string }

export class UnknownDeskError extends Error {
  override name = 'UnknownDeskError'
}
export class EscalationExpiredError extends Error {
  override name = 'EscalationExpiredError'
}

const SURE = 0.7

const DESKS: Record<string, (routed: Routed) => Accepted> = {
  partner_desk: ({ caseId, category }) => ({ caseId, category, greeting: `Partner case ${caseId}` }),
  standard_desk: ({ caseId, category, contact }) => ({ caseId, category, greeting: `Dear ${contact.name.trim()}` }),
}

export const runIntakeTriage = (services: TriageServices, intake: IntakeCase): Promise<void> =>
  pipeline('intake-triage', { version: '5.0.3', runId: intake.runId, session: intake.caseId }, async () => {
    const triage = await step('classify', { input: { caseId: intake.caseId, text: intake.text } }, () => classify(services, intake))
    if (triage.confidence < SURE) await step('human_escalation', { input: triage }, () => escalate(services, intake))
    const desk = await step('route', { input: triage }, () => route(services, intake, triage))
    const accepted = await work(services, intake, desk)
    const { misrouted } = await step('confirm', { input: accepted }, () => services.acknowledge(desk, accepted))
    check('right_desk', { of: 'classify' }, () => ({
      pass: !misrouted,
      reason: misrouted ? `${desk} says: not our kind of case` : 'accepted',
    }))
  })

const classify = ({ openai }: TriageServices, { caseId, text }: IntakeCase): Promise<Triage> =>
  askModel(openai, {
    model: 'gpt-4.1-mini',
    schema: 'triage',
    system: 'Classify the case and say how sure you are.',
    input: { case: caseId, text },
  })

const escalate = async ({ askOfficer }: TriageServices, { caseId }: IntakeCase): Promise<void> => {
  const { decision } = await human('duty_officer', { type: 'escalation', requestId: caseId }, async () => {
    const answer = await askOfficer(caseId)
    if (!answer) throw new Waiting(`the officer on duty to look at ${caseId}`)
    return answer
  })
  if (decision === 'expired') throw new EscalationExpiredError(`nobody looked at ${caseId} within the hour`)
}

const route = async ({ openai, queue }: TriageServices, { caseId, contact }: IntakeCase, { category, urgent }: Triage): Promise<string> => {
  const { desk } = await askModel<{ desk: string }>(openai, {
    model: 'gpt-4.1-nano',
    schema: 'desk_choice',
    system: 'Name the desk that takes the case.',
    input: { case: caseId, category, urgent },
  })
  sendTo(queue, desk, caseId, { caseId, category, contact })
  if (!(desk in DESKS)) throw new UnknownDeskError(`there is no desk called ${desk}`)
  return desk
}

const work = async ({ queue, queueTimeoutMs }: TriageServices, { caseId }: IntakeCase, desk: string): Promise<Accepted> => {
  const [message] = await queue.receive(desk, caseId, queueTimeoutMs)
  const routed = JSON.parse(message.body) as Routed
  return receive(message.headers, { agent: desk, input: routed }, async (payload) => {
    const handle = DESKS[desk]
    if (!handle) throw new UnknownDeskError(`there is no desk called ${desk}`)
    return handle(payload)
  })
}
