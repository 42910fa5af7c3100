// Alerts in words: chance instead of z alone, and the blame said once.
import type { AlertVerdict } from '@seamtrace/schema'
import { expect, test } from 'vitest'
import { reasonInWords, reasonWithoutBlame, zInWords } from './verdict-words.ts'

const rate = { n: 100, successes: 60, rate: 0.6, low: 0.5, high: 0.7 }
const rates = '61.8 % of 136 runs succeeded in the last 2 h, 90.6 % of 626 before'
const verdict: AlertVerdict = {
  state: 'firing',
  window: rate,
  baseline: rate,
  z: 7.71,
  reason: `${rates} (z 7.7); most is lost at a→b (tool_timeout), 52 runs`,
  seam: {
    seam: 'a→b',
    kind: 'tool',
    layer: 'execution',
    gap: 'tool',
    failureKind: 'tool_timeout',
    chargedRuns: 52,
    shareIncrease: 0.3,
    message: '',
  },
  exampleRunIds: [],
}

test('z is told in words', () => {
  expect(zInWords(7.71)).toBe('far outside chance, z\u00a07.7')
  expect([3, 2.4, 0.1, -1.4, -3].map((z) => zInWords(z).split(',')[0])).toEqual([
    'outside chance',
    'at the edge of chance',
    'within chance',
    'within chance',
    'better than before',
  ])
})

test('the blame is left out where the seam stands beside it', () => {
  expect(reasonInWords(verdict)).toBe(`${rates} (far outside chance, z\u00a07.7); most is lost at a→b (tool_timeout), 52 runs`)
  expect(reasonWithoutBlame(verdict)).toBe(`${rates} (far outside chance, z\u00a07.7).`)
  expect(reasonWithoutBlame({ ...verdict, seam: null })).toContain('most is lost at')
})

test('a reason without z stays as it is', () => {
  const reason = 'only 7 runs ended in the last 2 h, 20 are needed'
  expect(reasonWithoutBlame({ ...verdict, reason, seam: null })).toBe(reason)
})
