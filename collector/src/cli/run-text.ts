// A run as text: what it was, its story, its tree of steps, calls and attempts, its failures.
import type { Failure, Run } from '@seamtrace/schema'
import { type TreeLine, treeOf } from './run-tree.ts'
import { formatDuration, formatUsd, oneLine } from './table.ts'

const WIDTH = 100
const WIDEST_NAME = 48
const LONGEST_MESSAGE = 300
// of a runaway recursion the names are worth more than their depth
const DEEPEST = 20

export function runText(run: Run): string {
  const { lines, hidden } = treeOf(run, formatDuration)
  return `${[
    headOf(run),
    `  run ${oneLine(run.runId)}, ${run.startTime.slice(0, 19).replace('T', ' ')} UTC${run.provisional ? ', its root has not arrived' : ''}`,
    '',
    ...wrapped(run.story, '  '),
    '',
    ...aligned(lines),
    ...(hidden > 0 ? [`  … and ${hidden} lines more`] : []),
    ...block(handoffLines(run)),
    ...block(failureLines(run)),
  ].join('\n')}\n`
}

const block = (lines: readonly string[]): readonly string[] => (lines.length > 0 ? ['', ...lines] : [])

function headOf(run: Run): string {
  const unpriced = run.unpricedCalls > 0 ? ` + ${run.unpricedCalls} unpriced call${run.unpricedCalls > 1 ? 's' : ''}` : ''
  return [
    run.pipeline,
    run.version,
    run.outcome + (run.recovered ? ', recovered' : ''),
    formatDuration(run.durationMs),
    formatUsd(run.costUsd) + unpriced,
  ]
    .filter(Boolean)
    .map(oneLine)
    .join('  ')
}

/** Lines of some 100 characters. Words that are longer than a line stay whole. */
function wrapped(text: string, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of oneLine(text).split(/ +/)) {
    if (line !== '' && line.length + word.length >= WIDTH) {
      lines.push(line)
      line = ''
    }
    line += (line === '' ? '' : ' ') + word
  }
  return [...lines, line].map((each) => indent + each)
}

const mark = (outcome: string): string => (outcome === 'success' ? '+' : outcome === 'failure' ? 'x' : '~')

const costText = (usd: number | null | undefined): string => (usd === undefined ? '' : usd === null ? 'unpriced' : formatUsd(usd))

const shortened = (name: string): string => (name.length > WIDEST_NAME ? `${name.slice(0, WIDEST_NAME - 1).toWellFormed()}…` : name)

function aligned(lines: readonly TreeLine[]): string[] {
  const cells = lines.map(({ depth, name, sort, outcome, durationMs, costUsd, note }) => [
    `${'  '.repeat(Math.min(depth, DEEPEST) + 1)}${mark(outcome)} ${shortened(oneLine(name))}`,
    oneLine(sort),
    outcome,
    formatDuration(durationMs),
    costText(costUsd),
    shortened(oneLine(note)),
  ])
  const widths = cells.reduce<number[]>((all, row) => row.map((cell, column) => Math.max(cell.length, all[column] ?? 0)), [])
  const isNumber = (column: number): boolean => column === 3 || column === 4
  return cells.map((row) =>
    row
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .filter((_, column) => widths[column] !== 0)
      .join('  ')
      .trimEnd(),
  )
}

/** Those that went well stand in the tree, as the steps that took up. */
function handoffLines({ handoffs }: Run): string[] {
  return handoffs
    .filter(({ status, missingKeys }) => (status !== 'delivered' && status !== 'pending') || missingKeys.length > 0)
    .map(({ from, to, status, inferred, missingKeys }) => {
      const lost = missingKeys.length > 0 ? `, without ${missingKeys.join(', ')}` : ''
      return `  > ${oneLine(`${from}→${to} was ${status.replaceAll('_', ' ')}${lost}${inferred ? ' (inferred)' : ''}`).slice(0, LONGEST_MESSAGE)}`
    })
}

const isCharged = ({ spanId, kind, recovered }: Failure, { attributedTo }: Run): boolean =>
  attributedTo !== null && !recovered && attributedTo.spanId === spanId && attributedTo.kind === kind

function failureLines(run: Run): string[] {
  return run.failures.flatMap((failure) => {
    const { gap, kind, seam, seamKind, message, certain, recovered, consequence, exhausted } = failure
    const notes = [
      isCharged(failure, run) && 'charged',
      !certain && 'inferred',
      exhausted && 'every attempt used up',
      recovered && 'recovered',
      consequence && 'follows from another',
    ].filter(Boolean)
    const text = oneLine(message)
    const said = text === '' ? '' : `: ${text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE - 1).toWellFormed()}…` : text}`
    const [first = '', ...rest] = wrapped(`${gap ? `${gap}/` : ''}${kind} at ${seam} (${[seamKind, ...notes].join(', ')})${said}`, '    ')
    return [`  ! ${first.trimStart()}`, ...rest]
  })
}
