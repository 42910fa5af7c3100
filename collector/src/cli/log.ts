// The log of the running collector: one line of text an event, on stderr.
import { type Logger, pino } from 'pino'

const LEVELS: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }

export function createLog(write: (line: string) => void): Logger {
  return pino({ base: null, level: 'info' }, { write: (json: string) => write(`${lineOf(JSON.parse(json))}\n`) })
}

/** `2026-11-20T08:23:01.123Z warn message key="value"`; line ends inside stay inside their line, except those of a stack. */
function lineOf({ time, level, msg, err, ...fields }: Record<string, unknown>): string {
  const extras = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
  const error = typeof err === 'object' && err !== null && 'message' in err ? `: ${String(err.message)}` : ''
  const message = `${typeof msg === 'string' ? msg : ''}${error}`.replaceAll('\n', '\n    ')
  return `${new Date(Number(time)).toISOString()} ${LEVELS[Number(level)] ?? 'info'} ${message}${extras.join('')}`
}
