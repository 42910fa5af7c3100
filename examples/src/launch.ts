// Runs one planned run through its pipeline, as its users would: starts it, answers for it, resumes it.
import { MemorySaver } from '@langchain/langgraph'
import { Waiting } from '@seamtrace/sdk'
import { instrumentOpenAI } from '@seamtrace/sdk/openai'
import OpenAI from 'openai'
import { acknowledge, readCase } from './fakes/inbox.ts'
import { createStateStore } from './fakes/state-store.ts'
import type { World } from './fakes/world.ts'
import type { Line } from './faults/kinds.ts'
import type { PlannedRun } from './faults/plan.ts'
import { truthOf } from './faults/truth.ts'
import type { BillingServices } from './pipelines/billing-agents.ts'
import { runBillingV1 } from './pipelines/billing-v1.ts'
import { runBillingV2 } from './pipelines/billing-v2.ts'
import { runIntakeTriage } from './pipelines/intake-triage.ts'
import { resumeRegulationWatch, runRegulationWatch, type WatchServices } from './pipelines/regulation-watch.ts'
import { compileResearchBrief, runResearchBrief } from './pipelines/research-brief.ts'
import { type Approval, compileSupportRefund, resumeSupportRefund, runSupportRefund } from './pipelines/support-refund.ts'

/** How the program itself saw its run end; a result that is wrong unnoticed counts as `done`. */
export type Ending = { ended: 'done' | 'waiting' } | { ended: 'failed'; error: unknown }

export type Launcher = (run: PlannedRun) => Promise<Ending>

/** Milliseconds of life. */
const ORDERS_TIMEOUT_MS = 20_000
const BACKOFF_MS = 300
const QUEUE_TIMEOUT_MS = 6000

export const createLauncher = (world: World): Launcher => {
  const programs = createPrograms(world)
  return async (run) => {
    try {
      const waiting = await programs[run.line](run)
      return { ended: waiting ? 'waiting' : 'done' }
    } catch (error) {
      return error instanceof Waiting ? { ended: 'waiting' } : { ended: 'failed', error }
    }
  }
}

/** Faults that the program does not notice: only a check of its result tells. */
const UNNOTICED = new Set(['swallowed_error', 'duplicate_work', 'stale_state', 'wrong_route'])

/** Whether the program saw its run end as the truth says. */
export const endsAsPlanned = (run: PlannedRun, { ended }: Ending): boolean => {
  const { outcome } = truthOf(run)
  if (outcome !== 'failure') return ended === (outcome === 'waiting' ? 'waiting' : 'done')
  return ended === (UNNOTICED.has(run.fault ?? '') ? 'done' : 'failed')
}

/** Per line a function that answers whether the run still waits. */
type Programs = Record<Line, (run: PlannedRun) => Promise<boolean>>

const createPrograms = (world: World): Programs => {
  const openai = instrumentOpenAI(new OpenAI({ apiKey: 'demo', baseURL: world.urls.model, maxRetries: 2 }))
  const billing = billingServices(world, openai)
  return {
    ...graphPrograms(world, openai),
    'billing-v1': ({ runId, subject }) => finished(runBillingV1(billing, { runId, batchId: subject })),
    'billing-v2': ({ runId, subject }) => finished(runBillingV2(billing, { runId, batchId: subject })),
    'regulation-watch': watchProgram(world, openai),
    'intake-triage': triageProgram(world, openai),
  }
}

const finished = async (work: Promise<unknown>): Promise<boolean> => {
  await work
  return false
}

const graphPrograms = (world: World, openai: OpenAI): Pick<Programs, 'support-refund' | 'research-brief'> => {
  const { urls, pace, people } = world
  const support = compileSupportRefund({
    openai,
    checkpointer: new MemorySaver(),
    ordersUrl: urls.orders,
    mailUrl: urls.mail,
    ordersTimeoutMs: Math.round(ORDERS_TIMEOUT_MS / pace.speed),
    backoffMs: BACKOFF_MS / pace.speed,
  })
  const research = compileResearchBrief({
    openai,
    searchUrl: urls.search,
    reviewer: async ({ questionId }) => (await people.ask('brief', questionId)) ?? { decision: 'expired' },
  })
  return {
    'support-refund': async ({ runId, subject, scenario }) => {
      const ticket = {
        runId,
        orderId: subject,
        customer: `customer-${subject.slice(4)}@example.test`,
        message: 'My order came late, I want my money back.',
      }
      const { waiting } = await runSupportRefund(support, ticket)
      const answer = waiting ? await people.ask('refund', subject) : null
      if (!answer) return waiting
      pace.pass(subject, scenario.pauseMs)
      await resumeSupportRefund(support, ticket, answer as Approval)
      return false
    },
    'research-brief': ({ runId, subject }) =>
      finished(runResearchBrief(research, { runId, questionId: subject, text: 'What changes for small importers?' })),
  }
}

const billingServices = ({ urls, pace, queue, injector }: World, openai: OpenAI): BillingServices => ({
  openai,
  queue,
  ledgerUrl: urls.ledger,
  store: createStateStore(injector, { stale: 'stale_state' }),
  backoffMs: BACKOFF_MS / pace.speed,
  queueTimeoutMs: QUEUE_TIMEOUT_MS / pace.speed,
})

const watchProgram = (world: World, openai: OpenAI): Programs['regulation-watch'] => {
  const store = createStateStore(world.injector, { lost: 'lost_checkpoint' })
  return async ({ runId, subject, scenario }) => {
    // The job works while nobody looks: a leap of the clock instead of a wait.
    const pause = async (ms: number) => world.pace.pass(subject, ms)
    const services: WatchServices = { openai, interactionsUrl: world.urls.interactions, store, pause }
    try {
      await runRegulationWatch(services, { runId, topic: subject })
    } catch (error) {
      if (!(error instanceof Waiting) || scenario.staysWaiting) throw error
      world.pace.pass(subject, scenario.pauseMs)
      await resumeRegulationWatch(services, { runId, topic: subject })
    }
    return false
  }
}

const triageProgram = ({ pace, people, queue, injector }: World, openai: OpenAI): Programs['intake-triage'] => {
  const askOfficer = (caseId: string) => people.ask('triage', caseId)
  const services = { openai, queue, queueTimeoutMs: QUEUE_TIMEOUT_MS / pace.speed, askOfficer, acknowledge }
  return ({ runId, subject }) => finished(runIntakeTriage(services, readCase(runId, subject, injector)))
}
