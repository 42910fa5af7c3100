// Structured output that does not fit: the library reads it after it has told that all went well, and a schema may have side effects.
import { tracingChannel } from 'node:diagnostics_channel'
import { safely } from '../../safe.ts'
import { bounded } from '../bounded.ts'
import { type Fields, fields, text } from '../fields.ts'

/** Where the library tells of a call from its first line to its last one, the reading of the output included. */
const CHANNEL = 'ai:telemetry'

/** Calls at once whose end the channel tells. */
const MAX_TOLD = 1_000

type Finish = () => void

/** By call: what is done when it is over; nothing yet for one that goes on. */
const told = bounded<string, { finish: Finish | undefined }>(MAX_TOLD, ({ finish }) => finish?.())

const wholeCall = (message: unknown): string | undefined => {
  const { type, event } = fields(message)
  return type === 'generateText' ? text(fields(event).callId) : undefined
}

const onStart = (message: unknown): void => {
  safely(() => {
    const callId = wholeCall(message)
    if (callId !== undefined) told.set(callId, { finish: undefined })
  })
}

const onEnd = (message: unknown): void => {
  safely(() => {
    const callId = wholeCall(message)
    if (callId === undefined) return
    const { finish } = told.get(callId) ?? {}
    told.delete(callId)
    finish?.()
  })
}

const ignore = (): void => {}

/** The same functions each time: a channel that has them already has them once. */
export const listenToCalls = (): void => {
  const channel = tracingChannel(CHANNEL)
  channel.unsubscribe(LISTENER)
  channel.subscribe(LISTENER)
}

const LISTENER = { start: onStart, end: ignore, asyncStart: ignore, asyncEnd: onEnd, error: ignore }

const isWhole = ({ finishReason, text: said }: Fields): boolean =>
  finishReason === 'stop' || (finishReason !== 'tool-calls' && text(said) !== '')

/**
 * Finishes a call whose model is done: when the library has read its output, which it tells as an error if it does not fit. A stream is
 * read when the program asks for it, if at all; of that only the syntax is looked at.
 */
export async function finishAfterOutput(start: Fields, end: Fields, finish: (error?: Error) => void): Promise<void> {
  const step = fields(end.finalStep)
  if (start.output === undefined || !isWhole(step)) return finish()
  const call = told.get(text(start.callId))
  if (call !== undefined) {
    told.set(text(start.callId), { finish })
    return
  }
  const format = await Promise.resolve(fields(start.output).responseFormat).catch(() => undefined)
  finish(fields(format).type === 'json' ? syntaxError(text(step.text)) : undefined)
}

function syntaxError(said: string): Error | undefined {
  try {
    JSON.parse(said)
    return undefined
  } catch {
    return Object.assign(new Error('No object generated: could not parse the response.'), { name: 'AI_NoObjectGeneratedError' })
  }
}
