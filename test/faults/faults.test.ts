// Labelled runs of real pipelines: what was injected is what is told, and control flow is no failure.
import { GAPS, LAYERS } from '@seamtrace/schema'
import { beforeAll, describe, expect, it } from 'vitest'
import { coverage, faultsDocument, lastingParts, storedDocument } from './document.ts'
import { type Figures, figuresOf, type Verdict } from './judge.ts'
import { judgeAll } from './run.ts'
import { DEVELOPMENT, HOLD_OUT } from './words.ts'

// half a minute on a quiet machine; beside other work as long as it takes
const LONG_MS = 1_200_000

let development: Verdict[]
let holdOut: Verdict[]
beforeAll(async () => {
  ;({ development, 'hold-out': holdOut } = await judgeAll(['development', 'hold-out']))
}, LONG_MS)

describe.each([
  ['development', () => development],
  ['hold-out', () => holdOut],
] as const)('of the %s', (_name, verdicts) => {
  const figures = (): Figures => figuresOf(verdicts())

  it('layer, gap and charged seam are right in 95 of 100 failing runs', () => {
    expect(figures().right / figures().failures).toBeGreaterThanOrEqual(0.95)
  })

  it('at most 3 of 100 failing runs are unclassified', () => {
    expect(figures().unclassified / figures().failures).toBeLessThanOrEqual(0.03)
  })

  it('no control flow is taken for a failure', () => {
    expect(verdicts().filter(({ label, runs }) => !label.truth.failure && runs.some(({ outcome }) => outcome === 'failure'))).toEqual([])
  })

  it('at least two ways to fail are injected in each cell that is covered, and 20 cells of 24 are', () => {
    const cells = coverage(verdicts())
    expect([...cells].filter(([, hows]) => hows.length < 2)).toEqual([])
    expect(cells.size).toBeGreaterThanOrEqual(20)
    expect(cells.size).toBeLessThanOrEqual(LAYERS.length * GAPS.length)
  })
})

it('at least 40 ways to fail are injected', () => {
  const hows = development.flatMap(({ label }) => (label.truth.failure ? [label.how] : []))
  expect(new Set(hows).size).toBeGreaterThanOrEqual(40)
})

it('the two vocabularies share no word', () => {
  const wordsOf = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsOf) : []
  const layers: ReadonlySet<string> = new Set(LAYERS)
  const known = new Set(wordsOf(DEVELOPMENT))
  expect(wordsOf(HOLD_OUT).filter((word) => known.has(word) && !layers.has(word))).toEqual([])
})

it('docs/faults.md lists what is injected: node test/faults/main.ts --save', () => {
  const lasting = lastingParts(faultsDocument(development, holdOut))
  expect(lasting).toHaveLength(2)
  expect(lastingParts(storedDocument())).toEqual(lasting)
})
