import { expect, it } from 'vitest'
import { orderSteps } from './step-order.ts'

const order = (names: string[], paths: [string, number][]) =>
  orderSteps(
    names.map((step) => ({ step })),
    paths.map(([path, runs]) => ({ steps: path.split(' '), runs })),
  ).map(({ step }) => step)

it('puts a rare branch between the steps it lies between, however early its runs are', () => {
  expect(
    order(
      ['classify', 'approve', 'verify', 'respond'],
      [
        ['classify verify respond', 90],
        ['classify verify approve respond', 10],
      ],
    ),
  ).toEqual(['classify', 'verify', 'approve', 'respond'])
})

it('keeps the given order for steps that never meet', () => {
  expect(
    order(
      ['route', 'a_desk', 'b_desk', 'confirm'],
      [
        ['route b_desk confirm', 60],
        ['route a_desk confirm', 40],
      ],
    ),
  ).toEqual(['route', 'a_desk', 'b_desk', 'confirm'])
})

it('takes loops by their first round', () => {
  expect(
    order(
      ['verify', 'write', 'publish'],
      [
        ['write verify write verify publish', 5],
        ['write verify publish', 5],
      ],
    ),
  ).toEqual(['write', 'verify', 'publish'])
})

it('ends on circles and on steps that no path knows', () => {
  expect(
    order(
      ['a', 'b', 'c', 'd'],
      [
        ['a b', 1],
        ['b c', 1],
        ['c a', 1],
      ],
    ),
  ).toHaveLength(4)
})
