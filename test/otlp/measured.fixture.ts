// Starts measured-receivers.ts and asks it.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Measured, Question } from './measured-receivers.ts'
import type { Target } from './transports.ts'

export type MeasuredTarget = Target & {
  /** Runs the work and tells what it cost the receivers. */
  during<T>(work: () => Promise<T>): Promise<{ result: T; measured: Measured }>
  /** of a SELECT with one column `count` */
  count(sql: string): Promise<number>
  alive(): boolean
  stop(): Promise<void>
}

export const startMeasured = async (): Promise<MeasuredTarget> => {
  const child: ChildProcess = fork(fileURLToPath(new URL('./measured-receivers.ts', import.meta.url)), [], { execArgv: [] })
  const ask = async (question: Question): Promise<unknown> => {
    const answer = once(child, 'message')
    child.send(question)
    return (await answer)[0]
  }
  const target = (await once(child, 'message'))[0] as Target
  return {
    ...target,
    during: async (work) => {
      await ask('reset')
      const result = await work()
      return { result, measured: (await ask('read')) as Measured }
    },
    count: async (sql) => ((await ask({ sql })) as { count: number }).count,
    alive: () => child.exitCode === null && child.signalCode === null,
    stop: async () => {
      const exited = once(child, 'exit')
      child.send('stop' satisfies Question)
      await exited
    },
  }
}
