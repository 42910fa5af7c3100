// CPU time and memory of processes with all their descendants, from /proc: Linux only.
import { readdirSync, readFileSync } from 'node:fs'

export type ProcessSample = {
  pid: number
  parent: number
  command: string
  cpuSeconds: number
  /** of children that have ended and were waited for */
  endedChildrenCpuSeconds: number
  rssBytes: number
}

// the kernel tells times in these ticks and sizes in these pages on every Linux that Node runs on
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4096

export const sampleProcess = (pid: number): ProcessSample | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // the name stands in parentheses and may hold both spaces and parentheses
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const field = (number: number): number => Number(fields[number - 3])
    return {
      pid,
      parent: field(4),
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
      cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
      endedChildrenCpuSeconds: (field(16) + field(17)) / TICKS_PER_SECOND,
      rssBytes: field(24) * PAGE_BYTES,
    }
  } catch {
    return undefined // it has ended
  }
}

/** The processes themselves and all below them, as they are now. */
export const sampleTree = (roots: readonly number[]): ProcessSample[] => {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => sampleProcess(Number(name)))
    .filter((sample) => sample !== undefined)
  const inside = new Set(roots)
  for (let before = 0; before < inside.size; ) {
    before = inside.size
    for (const { pid, parent } of all) if (inside.has(parent)) inside.add(pid)
  }
  return all.filter(({ pid }) => inside.has(pid))
}

/** Memory of which shared pages count by their share; takes the kernel some ms a process. */
export const pssBytes = (samples: readonly ProcessSample[]): number =>
  samples.reduce((sum, { pid }) => {
    try {
      const kb = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]
      return sum + Number(kb ?? 0) * 1024
    } catch {
      return sum
    }
  }, 0)

export type CpuByProcess = Record<string, number>

/** What the processes are for us; those of another server go by the name of their program. */
const nameOf = ({ command, pid }: ProcessSample, roots: readonly number[]): string => {
  if (/engine-process/.test(command)) return 'engine'
  if (/--http_port/.test(command)) return 'clickhouse'
  return roots.includes(pid) ? 'main' : (command.split(' ')[0]?.split('/').at(-1) ?? 'other')
}

export const cpuByProcess = (samples: readonly ProcessSample[], roots: readonly number[]): CpuByProcess => {
  const seconds = sumByProcess(samples, roots, ({ cpuSeconds }) => cpuSeconds)
  const ended = samples.reduce((sum, { endedChildrenCpuSeconds }) => sum + endedChildrenCpuSeconds, 0)
  return ended > 0 ? { ...seconds, 'ended children': ended } : seconds
}

export const rssByProcess = (samples: readonly ProcessSample[], roots: readonly number[]): Record<string, number> =>
  sumByProcess(samples, roots, ({ rssBytes }) => rssBytes)

const sumByProcess = (
  samples: readonly ProcessSample[],
  roots: readonly number[],
  of: (sample: ProcessSample) => number,
): Record<string, number> => {
  const sums: Record<string, number> = {}
  for (const sample of samples) {
    const name = nameOf(sample, roots)
    sums[name] = (sums[name] ?? 0) + of(sample)
  }
  return sums
}

/** Seconds of all processes below the roots, but for some of them. */
export const totalTreeCpu = (roots: readonly number[], without: readonly number[] = []): number =>
  totalCpu(
    cpuByProcess(
      sampleTree(roots).filter(({ pid }) => !without.includes(pid)),
      roots,
    ),
  )

export const cpuBetween = (before: CpuByProcess, after: CpuByProcess): CpuByProcess =>
  Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, Math.max(0, seconds - (before[name] ?? 0))]))

export const totalCpu = (seconds: CpuByProcess): number => Object.values(seconds).reduce((sum, value) => sum + value, 0)

export type Watch = {
  roots: readonly number[]
  samples(): ProcessSample[]
  cpu(): CpuByProcess
  peaks(): { rssBytes: number; pssBytes: number }
  stop(): void
}

/** Looks every 250 ms, and at the dearer PSS every 2 s. */
export const watchTree = (roots: readonly number[]): Watch => {
  const peak = { rssBytes: 0, pssBytes: 0 }
  let looks = 0
  const look = (): void => {
    const samples = sampleTree(roots)
    const rssBytes = samples.reduce((sum, sample) => sum + sample.rssBytes, 0)
    peak.rssBytes = Math.max(peak.rssBytes, rssBytes)
    if (looks++ % 8 === 0) peak.pssBytes = Math.max(peak.pssBytes, pssBytes(samples))
  }
  look()
  const timer = setInterval(look, 250)
  const samples = () => sampleTree(roots)
  const cpu = () => cpuByProcess(samples(), roots)
  return { roots, samples, cpu, peaks: () => ({ ...peak }), stop: () => clearInterval(timer) }
}
