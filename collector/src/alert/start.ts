// Starts the alert evaluator: looks every few seconds, keeps the present verdicts, and has transitions delivered.
import { type AlertRuleStatus, DEFAULT_DROP_RULE, type DropRule } from '@seamtrace/schema'
import type { Scope } from '../query/scope.ts'
import { listProjects } from '../store/access-rows.ts'
import type { Store } from '../store/open.ts'
import { deliverPending, type Log, readWebhookUrl, type Webhook } from './deliver.ts'
import { evaluate } from './evaluate.ts'
import { writeTransition } from './transitions.ts'

export type AlertConfig = {
  /** address of the dashboard for links in messages, such as http://localhost:4319 */
  externalUrl: string
  webhookUrl?: string | undefined
  /** shows the verdicts, and leaves transitions and messages to another process */
  watchOnly?: boolean
  /** all that there are, when absent */
  projects?: readonly string[]
  intervalMs?: number
  rule?: DropRule
  retryDelaysMs?: readonly number[]
  timeoutMs?: number
  now?: () => Date
}

export type Alerts = {
  rules(project: string): AlertRuleStatus[]
  /** Resolves when an evaluation that began after the call is done. */
  evaluateNow(): Promise<void>
  stop(): Promise<void>
}

const INTERVAL_MS = 15_000
// Five tries within three minutes: long enough for a receiver that restarts, short enough to be told soon that it failed.
const RETRY_DELAYS_MS = [2_000, 8_000, 32_000, 120_000]
const TIMEOUT_MS = 10_000

/** @throws SeamtraceError usage when the webhook is no address */
export const startAlerts = ({ store, config, log }: { store: Store; config: AlertConfig; log: Log }): Alerts => {
  const { rule = DEFAULT_DROP_RULE, now = () => new Date(), intervalMs = INTERVAL_MS, watchOnly = false } = config
  const scopeOf = (project: string): Scope => ({ store, project, now: now() })
  const delivery = startDelivery(watchOnly ? null : webhookOf(config), log)
  const statuses = new Map<string, AlertRuleStatus[]>()
  let stopped = false

  const lookAt = async (project: string): Promise<void> => {
    const scope = scopeOf(project)
    const { statuses: found, transitions } = await evaluate(scope, rule, statuses.get(project) ?? [])
    for (const event of watchOnly ? [] : transitions) {
      log.info({ project, rule: event.ruleId, from: event.from, to: event.to }, event.verdict.reason)
      await writeTransition(scope, { ...event, delivery: { ...event.delivery, status: delivery ? 'pending' : 'none' } })
    }
    statuses.set(project, found)
  }

  const look = async (): Promise<void> => {
    const projects = config.projects ?? (await listProjects(store))
    const failures: unknown[] = []
    for (const project of projects) {
      if (stopped) return
      // one project that cannot be evaluated must not silence the others
      await lookAt(project).catch((error: unknown) => failures.push(error))
    }
    // Each time, also without a transition: what could not be read or sent before is still in the table.
    delivery?.wake(projects.map(scopeOf))
    if (failures.length > 0) throw failures[0]
  }

  // One after the other: two at a time would both write the same transition.
  let last: Promise<void> = Promise.resolve()
  const evaluateNow = (): Promise<void> => (last = last.catch(() => undefined).then(look))
  const lookAndLog = (): Promise<void> =>
    evaluateNow().catch((error: unknown) => log.warn({ err: error }, 'cannot evaluate alerts: trying again'))

  const timer = repeat(lookAndLog, intervalMs)
  const stop = async (): Promise<void> => {
    stopped = true
    timer.stop()
    await last.catch(() => undefined)
    await delivery?.stop()
  }
  return { rules: (project) => statuses.get(project) ?? [], evaluateNow, stop }
}

const webhookOf = ({ webhookUrl, externalUrl, retryDelaysMs = RETRY_DELAYS_MS, timeoutMs = TIMEOUT_MS }: AlertConfig): Webhook | null =>
  webhookUrl ? { url: readWebhookUrl(webhookUrl), externalUrl: externalUrl.replace(/\/+$/, ''), retryDelaysMs, timeoutMs } : null

/** Runs a task now and then again, counted from its end: a slow store must not make evaluations queue up. */
const repeat = (task: () => Promise<void>, intervalMs: number): { stop(): void } => {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const again = async (): Promise<void> => {
    await task()
    if (!stopped) timer = setTimeout(() => void again(), intervalMs)
  }
  void again()
  return {
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/** Delivers beside the evaluation, which must not wait for a slow receiver. */
const startDelivery = (webhook: Webhook | null, log: Log) => {
  if (!webhook) return null
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  const deliverAll = async (scopes: readonly Scope[]): Promise<void> => {
    for (const scope of scopes) await deliverPending(scope, webhook, log, stopping.signal)
  }
  const wake = (scopes: readonly Scope[]): void => {
    running ??= deliverAll(scopes)
      .catch((error: unknown) => log.warn({ err: error }, 'cannot read pending alerts: trying again'))
      .finally(() => (running = null))
  }
  return {
    wake,
    stop: async (): Promise<void> => {
      stopping.abort()
      await running
    },
  }
}
