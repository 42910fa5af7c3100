// Whether what is said to be invisible really is: the spans of two scenarios are the same but for ids, times and figures, or a figure stands nowhere.
import { expect, test } from 'vitest'
import { CANNOT_SHOW } from './cannot-show.ts'
import { captureNames, spansOf } from './captures.ts'
import { readGaps } from './known-gaps.ts'
import { shapeOf, textOf } from './shape.ts'

const withTwin = CANNOT_SHOW.flatMap(({ system, scenario, twin }) => (twin ? [{ system, scenario, twin }] : []))
test.each(withTwin)('$system sends the same for $scenario as for $twin', ({ system, scenario, twin }) => {
  expect(shapeOf(`${system}/${scenario}`)).toEqual(shapeOf(`${system}/${twin}`))
})

const withFigures = CANNOT_SHOW.flatMap(({ system, scenario, figures }) => (figures ? [{ system, scenario, figures }] : []))
test.each(withFigures)('$system says none of $figures in $scenario', ({ system, scenario, figures }) => {
  const numbers = new Set(spansOf(`${system}/${scenario}`).flatMap(textOf).join(' ').match(/\d+/g))
  expect(figures.filter((figure) => numbers.has(String(figure)))).toEqual([])
})

test.each(CANNOT_SHOW)('$system $scenario has $fields as known gaps for that reason', ({ system, scenario, fields }) => {
  const gaps = readGaps()[`${system}/${scenario}`] ?? {}
  expect(fields.filter((field) => !gaps[field]?.startsWith('cannot be seen'))).toEqual([])
})

test('scenarios that can be told apart have different shapes', () => {
  const happy = captureNames().filter((name) => name.endsWith('/happy_path'))
  expect(happy.length).toBeGreaterThan(5)
  for (const name of happy) {
    const others = captureNames().filter((other) => /\/(tool_error|retries_exhausted)$/.test(other) && other.startsWith(name.slice(0, -10)))
    for (const other of others) expect(shapeOf(other), other).not.toEqual(shapeOf(name))
  }
})
