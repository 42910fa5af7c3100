// Writes docs/faults.md: what is injected where, and how often Seamtrace tells it as it was.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { GAPS, type Gap, LAYERS, type Layer } from '@seamtrace/schema'
import { FAULTS } from './faults.ts'
import { HOWS, type How, type Part } from './hows.ts'
import { type Confusion, type Figures, figuresOf, missesOf, type Verdict } from './judge.ts'
import type { PipelineName } from './truth.ts'

const FILE = path.join(import.meta.dirname, '../../docs/faults.md')

const HEAD = `# What was injected, and what is told

Real pipelines (\`test/faults/\`): the plain SDK, LangGraph.js through its adapter, MCP clients and servers, and the Vercel AI SDK. Each
run has one fault, or only looks as if it had one; its label is written by the program that injects, and its spans go through the OTLP
exporter, the decoder, recognition and analysis. Half of the runs, the hold-out, draw their names, texts, ids and orders from a
vocabulary, and by seeds, that were not used while rules were made. This page is written by \`node test/faults/main.ts --save\`. The
programs are real, so a figure may differ by a run from one time to the next; every test run holds them to 95 % right, 3 % unclassified and
no control flow taken for failure, and fails when this page does not list what is injected.
`

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} % (${part} of ${whole})`

const figures = (development: Figures, holdOut: Figures): string => {
  const row = (title: string, of: (figures: Figures) => string): string[] => [title, of(development), of(holdOut)]
  const field = (name: keyof Figures['fields']) => (of: Figures) => share(of.fields[name], of.failures)
  return table(
    ['', 'development', 'hold-out'],
    [
      row('layer, gap and charged seam right', (of) => share(of.right, of.failures)),
      row('layer right', field('layer')),
      row('gap right', field('gap')),
      row('charged seam right', field('seam')),
      row('kind right', field('kind')),
      row('"every attempt used up" right', field('exhausted')),
      row('unclassified or charged to no seam', (of) => share(of.unclassified, of.failures)),
      row('control flow taken for failure', (of) => share(of.flowsAsFailures, of.flows)),
      row('control flow told otherwise than it was', (of) => share(of.flowsWrong, of.flows)),
    ],
  )
}

const confusion = <T extends string>(words: readonly T[], of: Confusion<T>): string =>
  table(
    ['injected ↓ told →', ...words, 'nothing'],
    words.map((truth) => [truth, ...[...words, '' as const].map((answer) => of[truth][answer] ?? '')]),
  )

/** Ways to fail by cell, without repeats: the same way in two pipelines is one. */
export const coverage = (verdicts: readonly Verdict[]): Map<`${Layer} ${Gap}`, How[]> => {
  const failing = verdicts.flatMap(({ label }) => (label.truth.failure ? [{ how: label.how, ...label.truth.failure }] : []))
  const cells = Map.groupBy(failing, ({ layer, gap }) => `${layer} ${gap}` as const)
  return new Map(Array.from(cells, ([cell, list]) => [cell, [...new Set(list.map(({ how }) => how))].sort()]))
}

const covered = (verdicts: readonly Verdict[]): string => {
  const cells = coverage(verdicts)
  return table(
    ['', ...GAPS],
    LAYERS.map((layer) => [layer, ...GAPS.map((gap) => cells.get(`${layer} ${gap}`)?.length ?? '—')]),
  )
}

const uncovered = (verdicts: readonly Verdict[]): string => {
  const cells = coverage(verdicts)
  const left = LAYERS.flatMap((layer) => GAPS.map((gap) => `${layer} ${gap}` as const)).filter((cell) => !cells.has(cell))
  return left.length === 0 ? 'Every cell is covered.' : `Not covered: ${left.join(', ')}.`
}

const BREAKS: Record<Part | 'flow', string> = {
  service: 'what a step asks',
  person: 'a person',
  step: 'a step',
  inner: 'a step inside',
  work: 'a step',
  stranger: 'a handoff',
  run: 'the run',
  flow: 'nothing',
}

const injected = (): string => {
  const pipelines = (how: string): string => {
    const found = new Map<PipelineName, string[]>()
    for (const { pipeline, role } of FAULTS.filter((fault) => fault.how === how))
      found.set(pipeline, [...(found.get(pipeline) ?? []), role])
    return [...found].map(([pipeline, roles]) => `${pipeline}: ${roles.join(', ')}`).join('; ')
  }
  const called = (how: (typeof HOWS)[How]): string => (how.part === 'flow' ? `no failure: ${how.outcome}` : how.kind)
  return table(
    ['what breaks', 'what happens', 'kind', 'where'],
    Object.entries(HOWS).map(([name, how]) => [BREAKS[how.part], how.title, called(how), pipelines(name)]),
  ).replace(/--:/g, '---')
}

const misses = (verdicts: readonly Verdict[]): string => {
  const rows = [...missesOf(verdicts)].map(([fault, list]) => {
    const fields = [...new Set(list.flatMap(({ wrong }) => [...wrong.keys()]))].filter((field) =>
      ['outcome', 'layer', 'gap', 'seam'].includes(field),
    )
    return `- ${fault} (${list.length}): ${fields.join(', ')}`
  })
  return rows.length > 0 ? rows.sort().join('\n') : 'None.'
}

export const faultsDocument = (development: readonly Verdict[], holdOut: readonly Verdict[]): string => {
  const [dev, hold] = [figuresOf(development), figuresOf(holdOut)]
  return `${HEAD}
${figures(dev, hold)}

## Layers
Development:

${confusion(LAYERS, dev.layers)}

Hold-out:

${confusion(LAYERS, hold.layers)}

## Gaps
Development:

${confusion(GAPS, dev.gaps)}

Hold-out:

${confusion(GAPS, hold.gaps)}

## Cells
Different ways to fail in each cell of layer and gap:

${covered(holdOut)}

${uncovered(holdOut)}

## Told wrongly
Of the development runs, with how many of them, and in what:

${misses(development)}

Of the hold-out: ${[...missesOf(holdOut).values()].flat().length} runs.

## What is injected
${injected()}
`
}

export const storedDocument = (): string => readFileSync(FILE, 'utf8')
export const saveDocument = (text: string): void => writeFileSync(FILE, text)

/** What does not depend on how the runs went: the cells, and what is injected. */
export const lastingParts = (document: string): string[] =>
  document.split(/^(?=## )/m).filter((part) => /^## (Cells|What is injected)/.test(part))
