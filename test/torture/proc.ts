// What /proc tells of processes: children, memory of a tree, whether one still runs.
import { readdirSync, readFileSync } from 'node:fs'

type Process = { pid: number; parent: number; startedAt: string; state: string }

const readOrNull = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}

const processOf = (pid: number): Process | null => {
  const stat = readOrNull(`/proc/${pid}/stat`)
  if (stat === null) return null
  // the name in parentheses may hold anything
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { pid, state: fields[0] ?? 'Z', parent: Number(fields[1]), startedAt: fields[19] ?? '' }
}

const all = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name)) ?? [])

export const childrenOf = (pid: number): number[] =>
  all()
    .filter(({ parent }) => parent === pid)
    .map((child) => child.pid)

export const commandOf = (pid: number): string => readOrNull(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? ''

/** Process ids come again: the start time tells two apart. */
export const identityOf = (pid: number): string | null => {
  const found = processOf(pid)
  return found && found.state !== 'Z' ? `${pid} ${found.startedAt}` : null
}

/** Resident bytes of the process and all below it. */
export const treeBytes = (pid: number): number => {
  const processes = all()
  const bytesOf = (root: number): number => {
    const pages = Number(readOrNull(`/proc/${root}/statm`)?.split(' ')[1] ?? 0)
    return pages * 4096 + processes.filter(({ parent }) => parent === root).reduce((sum, child) => sum + bytesOf(child.pid), 0)
  }
  return bytesOf(pid)
}

/** Signals the very process that was identified, if it is still there. */
export const signal = (identity: string, name: NodeJS.Signals): boolean => {
  const pid = Number(identity.split(' ')[0])
  if (identityOf(pid) !== identity) return false
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}
