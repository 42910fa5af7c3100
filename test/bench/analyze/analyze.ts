// `npm run bench -- analyze`: how fast spans are recognized and analyzed, and what large traces cost.
import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { SeamtraceError } from '@seamtrace/schema'
import { saveSection } from '../document.ts'
import { readable } from '../measure.ts'
import { surroundings } from '../surroundings.ts'
import { CASES } from './cases.ts'
import type { Measured } from './measured.ts'

const HELP = `Measures recognition and analysis, each case in a process of its own, and prints the figures as JSON.
  npm run bench -- analyze [--save] [CASE…]
    --save   also writes them to docs/benchmarks.md
    CASE     ${Object.keys(CASES).join(', ')}
`

const MEASURED = join(import.meta.dirname, 'measured.ts')
const MIB = 2 ** 20

const measuredIn = (key: string): Measured => JSON.parse(execFileSync(process.execPath, [MEASURED, key], { encoding: 'utf8' })) as Measured

/** Large traces are judged by how long one takes, small ones by how many there are in a second. */
const rowOf = (key: string, { spans, cpuMs, bestMs, firstMs, peakBytes }: Measured): string => {
  const rate = `${readable((spans / bestMs) * 1_000)} spans/s`
  const once = `${readable(bestMs)} ms of the processor, median ${readable(cpuMs)}, at first ${readable(firstMs)} ms; ${readable(peakBytes / MIB)} MiB at the most`
  return `| ${CASES[key]?.name} | ${rate} per core | ${readable(spans)} spans: ${once} |`
}

export const runAnalyzeBench = (args: readonly string[]): void => {
  const keys = args.filter((arg) => !arg.startsWith('--'))
  const unknown = [...keys.filter((key) => !(key in CASES)), ...args.filter((arg) => arg.startsWith('--') && arg !== '--save')]
  if (args.includes('--help')) return void process.stdout.write(HELP)
  if (unknown.length > 0)
    throw new SeamtraceError('usage', `cannot measure ${unknown.join(', ')}: there is no such case or option\n${HELP}`)
  const load = loadavg()[0] ?? 0
  const figures: Record<string, Measured> = {}
  const rows: string[] = []
  for (const key of keys.length > 0 ? keys : Object.keys(CASES)) {
    const figure = measuredIn(key)
    figures[key] = figure
    rows.push(rowOf(key, figure))
    console.error(rows.at(-1))
  }
  const { machine, node, commit, date } = surroundings()
  if (args.includes('--save')) {
    const conditions = `Written by \`npm run bench -- analyze --save\`. ${machine}, Node ${node}, commit ${commit}, ${date}; by the time of the processor in the quietest round; its load was ${load.toFixed(1)} before. Memory is that of the whole process, with the spans.`
    saveSection('analyze', `## Recognition and analysis\n\n${conditions}\n\n| what | figure | |\n|---|---|---|\n${rows.join('\n')}`)
  }
  console.log(JSON.stringify({ machine, node, commit, date, load, figures }, null, 2))
}
