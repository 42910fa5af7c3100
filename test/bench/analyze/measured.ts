// One case, measured in a process of its own, so that neither its memory nor what the compiler learned is that of another.
import { performance } from 'node:perf_hooks'
import { analyze } from '../../../collector/src/analyze/analyze.ts'
import { recognize } from '../../../collector/src/recognize/recognize.ts'
import { median } from '../measure.ts'
import { CASES } from './cases.ts'

export type Measured = {
  spans: number
  /** of one pass over all spans, median of the rounds; of the processor, which a busy machine does not stretch */
  cpuMs: number
  wallMs: number
  /** of the first pass, before anything was compiled */
  firstMs: number
  /** in the quietest round: others may use the machine */
  bestMs: number
  /** the largest that the process ever was by the end of the first pass, with the spans themselves */
  peakBytes: number
}

const MIN_ROUNDS = 5
// as long as the compiler needs on a busy machine
const MIN_MS = 6_000

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

const timed = (work: () => void): { cpu: number; wall: number } => {
  const [cpu, wall] = [cpuMs(), performance.now()]
  work()
  return { cpu: cpuMs() - cpu, wall: performance.now() - wall }
}

const measure = (spans: number, work: () => void): Measured => {
  const first = timed(work)
  const peakBytes = process.resourceUsage().maxRSS * 1_024
  const rounds: ReturnType<typeof timed>[] = []
  const end = performance.now() + MIN_MS
  while (rounds.length < MIN_ROUNDS || performance.now() < end) rounds.push(timed(work))
  return {
    spans,
    cpuMs: median(rounds.map(({ cpu }) => cpu)),
    wallMs: median(rounds.map(({ wall }) => wall)),
    firstMs: first.wall,
    bestMs: Math.min(...rounds.map(({ cpu }) => cpu)),
    peakBytes,
  }
}

const measuredCase = async (key: string): Promise<Measured> => {
  const one = CASES[key]
  const sent = await one?.recognize?.()
  if (sent) return measure(sent.length, () => sent.forEach((span) => void recognize(span)))
  const traces = (await one?.analyze?.()) ?? []
  const spans = traces.reduce((sum, trace) => sum + trace.length, 0)
  return measure(spans, () => traces.forEach((trace) => void analyze(trace)))
}

console.log(JSON.stringify(await measuredCase(process.argv[2] ?? '')))
