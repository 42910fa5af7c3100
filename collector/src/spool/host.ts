// Which boot and which process this is: what a folder that was left behind says about how it was left.
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

export type Host = {
  /** A clean stop counts within one boot only: what the store had not yet synced does not outlive the power. */
  bootId: string
  processId: string
  isRunning(processId: string): boolean
}

export const thisHost = (): Host => ({ bootId: bootId(), processId: `${process.pid} ${startOf(process.pid)}`, isRunning })

const bootId = (): string => readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? `${Math.round(Date.now() / 60_000 - uptime() / 60)}`

/** Process ids come again, in containers always: the start time tells two processes apart, where the system tells it. */
const startOf = (pid: number): string => statOf(pid)?.[19] ?? '0'

/** The fields of `/proc/<pid>/stat` from the third, the state, on. */
const statOf = (pid: number): string[] | undefined => {
  const stat = readOrNull(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

const isRunning = (processId: string): boolean => {
  const [pid, start] = processId.split(' ')
  if (!Number(pid)) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return start === startOf(Number(pid)) && statOf(Number(pid))?.[0] !== 'Z'
}

const readOrNull = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}
