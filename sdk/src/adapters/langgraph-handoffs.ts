// Control that a node passes on: commands and sends, as handoffs that the next node receives.
import { randomBytes } from 'node:crypto'
import { type Attributes, context } from '@opentelemetry/api'
import { SEAMTRACE } from '@seamtrace/schema/words'
import { type Handoff, recordHandoff } from '../handoff.ts'
import { describePayload, isRecord, payloadKeys } from '../payload.ts'
import type { Unit } from '../unit.ts'
import type { NodeFacts } from './langgraph-nodes.ts'
import { NODE_CHANNEL } from './langgraph-predecessors.ts'

interface CommandLike {
  readonly graph?: unknown
  readonly goto?: unknown
  readonly update?: unknown
}

export const isCommand = (value: unknown): value is CommandLike => isRecord(value) && value.lg_name === 'Command'

interface Goal {
  readonly to: string
  readonly payload: () => Attributes
}

/** Where a node's result sends the work: `goto` names (the state as updated goes along) and `Send`s (with a payload of their own). */
export function goalsOf(value: unknown): Goal[] {
  const commands = (Array.isArray(value) ? value : [value]).filter(isCommand)
  return commands.flatMap((command) => [command.goto].flat().flatMap((goal) => goalOf(goal, command.update)))
}

function goalOf(goal: unknown, update: unknown): Goal[] {
  if (typeof goal === 'string' && goal !== '__end__') return [{ to: goal, payload: () => updateAttributes(update) }]
  if (!isRecord(goal) || typeof goal.node !== 'string') return []
  return [{ to: goal.node, payload: () => sendAttributes(goal.args) }]
}

// Reducers merge an update into the state, so the receiver never gets these bytes: a size or digest would look like a loss.
const updateAttributes = (update: unknown): Attributes => ({ [SEAMTRACE.handoffKeys]: payloadKeys(update) })

function sendAttributes(args: unknown): Attributes {
  const { keys, size, digest } = describePayload(args)
  return { [SEAMTRACE.handoffKeys]: keys, [SEAMTRACE.handoffSize]: size, [SEAMTRACE.handoffDigest]: digest }
}

/** @param channels of the graph that is addressed: it has one for each of its nodes, and passes over names that it does not know */
export function passControl(
  tickets: Map<string, Handoff[]>,
  { name: from, channels }: Pick<NodeFacts, 'name' | 'channels'>,
  step: Unit,
  goals: readonly Goal[],
): void {
  for (const { to, payload: described } of goals) {
    const isUnknown = isNamed(channels) && channels?.[`${NODE_CHANNEL}${to}`] === undefined
    const payload = (): Attributes => ({ ...described(), [SEAMTRACE.failureKind]: isUnknown ? 'unknown_target' : undefined })
    const id = randomBytes(8).toString('hex')
    const traceparent = context.with(step.context, () => recordHandoff({ id, from, to, mode: 'pass_control' }, payload))
    const waiting = tickets.get(to) ?? []
    tickets.set(to, [...waiting, { id, from, to, payload: undefined, traceparent }])
  }
}

const isNamed = (channels: NodeFacts['channels']): boolean =>
  channels !== undefined && Object.keys(channels).some((channel) => channel.startsWith(NODE_CHANNEL))
