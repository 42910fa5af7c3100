// Tools that need an approval: a call of the library ends with the request, and another one begins with the answer.
import { SEAMTRACE } from '@seamtrace/schema/words'
import { nameOf } from '../../redact.ts'
import { scopeOf } from '../../scope.ts'
import { annotate, endUnit, openUnit, type Unit } from '../../unit.ts'
import { type Fields, fields, list, text } from '../fields.ts'

interface Request {
  readonly approvalId: string
  readonly tool: string
}

const partsOf = (messages: unknown): Fields[] =>
  list(messages)
    .flatMap((message) => list(fields(message).content))
    .map(fields)

/** The requests in what a call was given, or has answered. */
export function askedFor(parts: readonly Fields[]): Request[] {
  const tools = new Map(parts.filter(({ type }) => type === 'tool-call').map((part) => [text(part.toolCallId), text(part.toolName)]))
  return parts
    .filter(({ type }) => type === 'tool-approval-request')
    .map((part) => ({
      approvalId: text(part.approvalId),
      tool: text(fields(part.toolCall).toolName) || (tools.get(text(part.toolCallId)) ?? 'tool'),
    }))
}

const runOfApproval = ([first]: readonly Request[]): string | undefined => first && `approval-${first.approvalId}`

/** Both sides of an approval are one run; what it is told by is the first approval, which the messages carry on. */
export const runIdOf = ({ messages }: Fields): string | undefined => runOfApproval(askedFor(partsOf(messages)))

/** The answers of people that a call begins with: those after the last word of the model. */
export function recordAnswers(unit: Unit, { messages }: Fields): void {
  const last = fields(list(messages).at(-1))
  if (last.role !== 'tool') return
  const asked = new Map(askedFor(partsOf(messages)).map((request) => [request.approvalId, request.tool]))
  for (const part of list(last.content).map(fields))
    if (part.type === 'tool-approval-response') {
      const request = { approvalId: text(part.approvalId), tool: asked.get(text(part.approvalId)) ?? 'tool' }
      recordHuman(unit, request, part.approved === true ? 'approved' : 'rejected')
    }
}

/** Calls that are held back until somebody approves: the run waits. */
export function recordRequests(unit: Unit, start: Fields, { finalStep }: Fields): void {
  const requests = askedFor(list(fields(finalStep).content).map(fields))
  if (requests.length === 0) return
  for (const request of requests) recordHuman(unit, request, undefined)
  const known = scopeOf(unit.context).run === undefined ? (runIdOf(start) ?? runOfApproval(requests)) : undefined
  annotate(unit, () => ({ [SEAMTRACE.outcome]: 'waiting', ...(known !== undefined && { [SEAMTRACE.runId]: known }) }))
}

function recordHuman(above: Unit, { approvalId, tool }: Request, decision: 'approved' | 'rejected' | undefined): void {
  const name = nameOf(tool)
  const attributes = () => ({ [SEAMTRACE.humanName]: name, [SEAMTRACE.humanType]: 'approval', [SEAMTRACE.humanRequestId]: approvalId })
  const unit = openUnit({ kind: 'human', name: `human ${name}`, attributes }, above.context)
  annotate(unit, () => (decision === undefined ? { [SEAMTRACE.outcome]: 'waiting' } : { [SEAMTRACE.humanDecision]: decision }))
  endUnit(unit)
}
