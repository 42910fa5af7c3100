// What the fake model says to each kind of question; questions are told apart by the name of the JSON schema they ask for.
import type { Injector } from '../faults/injector.ts'
import type { Random } from '../faults/random.ts'

export type Task = {
  name: string
  /** milliseconds of life until the answer, from and to */
  latencyMs: [number, number]
  /** tokens of a prompt and answer of real length, of which the demo sends only the head */
  promptTokens: number
  completionTokens: number
}

const TASKS: readonly Task[] = [
  { name: 'ticket_class', latencyMs: [400, 900], promptTokens: 1180, completionTokens: 12 },
  { name: 'refund_decision', latencyMs: [700, 1600], promptTokens: 2100, completionTokens: 90 },
  { name: 'reply', latencyMs: [900, 1900], promptTokens: 1400, completionTokens: 210 },
  { name: 'brief', latencyMs: [2400, 4800], promptTokens: 9200, completionTokens: 880 },
  { name: 'judgement', latencyMs: [800, 1700], promptTokens: 4300, completionTokens: 70 },
  { name: 'invoices', latencyMs: [1200, 2600], promptTokens: 5200, completionTokens: 260 },
  { name: 'closing_report', latencyMs: [900, 1800], promptTokens: 1900, completionTokens: 340 },
  { name: 'watch_plan', latencyMs: [900, 1800], promptTokens: 1300, completionTokens: 160 },
  { name: 'triage', latencyMs: [400, 900], promptTokens: 1250, completionTokens: 24 },
  { name: 'desk_choice', latencyMs: [300, 700], promptTokens: 1100, completionTokens: 10 },
]
const UNKNOWN: Task = { name: 'unknown', latencyMs: [400, 900], promptTokens: 100, completionTokens: 20 }

export const taskOf = (schema: string): Task => TASKS.find(({ name }) => name === schema) ?? UNKNOWN

export type Answer = { content: string | null; refusal?: string; finishReason?: string }
type Asked = { subject: string; question: string; injector: Injector; random: Random }

export const answerTo = (task: string, asked: Asked): Answer => {
  const { subject, injector } = asked
  if (task === 'reply' && injector.strikes(subject, 'content_filter')) return { content: '', finishReason: 'content_filter' }
  if (task === 'brief' && injector.strikes(subject, 'empty_output')) return { content: '' }
  if (task === 'triage' && injector.strikes(subject, 'refusal'))
    return { content: null, refusal: "I'm sorry, I can't help with that request." }
  return { content: JSON.stringify(ANSWERS[task]?.(asked) ?? { text: 'Understood.' }) }
}

const told = (question: string): Record<string, unknown> => JSON.parse(question) as Record<string, unknown>

const ANSWERS: Record<string, (asked: Asked) => object> = {
  ticket_class: () => ({ category: 'refund', language: 'en' }),
  refund_decision: ({ question }) => ({ eligible: true, amount: told(question).amount, reason: 'delivered late; within 30 days' }),
  reply: ({ subject }) => ({
    subject: `Your order ${subject}`,
    body: 'Your refund is on its way and should arrive within five working days.',
  }),
  brief: ({ question }) => ({
    title: 'What changed, and for whom',
    text: `Draft ${told(question).draft}: three sources agree on the dates, one differs on the scope.`,
  }),
  judgement: judge,
  invoices: extract,
  closing_report: () => ({ text: 'All postings of the month were compared with the bank statement.' }),
  watch_plan: ({ subject }) => ({ topic: subject, registers: ['official-journal', 'case-register'], everyDays: 7 }),
  triage,
  desk_choice: ({ subject, injector }) => ({ desk: chooseDesk(subject, injector) }),
}

/** Two of three drafts that are sent back at all are sent back once; drafts for a person are never good and never wrong. */
function judge({ subject, question, injector }: Asked): object {
  const run = injector.of(subject)
  const draft = Number(told(question).draft)
  const good = { grounded: true, score: 0.86, reason: 'every claim has a source' }
  const weak = { grounded: true, score: 0.55, reason: 'correct, but hard to follow' }
  const wrong = { grounded: false, score: 0.31, reason: 'the second claim has no source' }
  if (run?.fault === 'rejected_by_human') return weak
  if (run?.fault !== 'rejected_by_check') return good
  if (!run.rescued) return wrong
  return draft <= (run.scenario.seed % 3 === 0 ? 2 : 1) ? wrong : good
}

/** Reads the invoices of a batch; a lost customer is how free-form extraction goes wrong. */
function extract({ subject, injector }: Asked): object {
  const run = injector.of(subject)
  const count = 2 + ((run?.scenario.seed ?? 0) % 3)
  const invoices = Array.from({ length: count }, (_, index) => ({
    invoiceId: `${subject}-i${index + 1}`,
    amountCents: 12_000 + index * 3_150,
  }))
  const lost = run?.line === 'billing-v1' && injector.strikes(subject, 'missing_state')
  return lost ? { invoices } : { customerId: `cust-${subject.slice(4)}`, invoices }
}

function triage({ subject, injector }: Asked): object {
  const scenario = injector.of(subject)?.scenario
  const category = injector.strikes(subject, 'wrong_route') ? 'billing' : 'delivery'
  return { category, urgent: scenario?.urgent ?? false, confidence: scenario?.asksPerson ? 0.48 : 0.93 }
}

function chooseDesk(subject: string, injector: Injector): string {
  if (injector.strikes(subject, 'unknown_target')) return 'legal_desk'
  return injector.of(subject)?.scenario.urgent ? 'partner_desk' : 'standard_desk'
}
