import { DEFAULT_DROP_RULE } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import { rateOf } from '../query/rate.ts'
import { type DropEvidence, detectDrop, type SeamCharges } from './drop.ts'

const rule = DEFAULT_DROP_RULE
const evidence = (
  window: [successes: number, n: number],
  baseline: [successes: number, n: number],
  rest: Partial<DropEvidence> = {},
): DropEvidence => ({
  window: rateOf(...window),
  baseline: rateOf(...baseline),
  unknownInWindow: 0,
  seams: [],
  exampleRunIds: ['newest', 'r2', 'r3', 'r4'],
  ...rest,
})
const charges = (seam: string, inWindow: number, inBaseline: number): SeamCharges => ({
  seam,
  kind: 'tool',
  layer: 'execution',
  gap: 'tool',
  failureKind: 'tool_timeout',
  message: `${seam} timed out`,
  inWindow,
  inBaseline,
  exampleRunIds: [`at ${seam}`],
})

describe('the drop detector', () => {
  it.each([
    // what happened, window, baseline, alarmed, state
    ['nothing changed', [58, 60], [970, 1000], false, 'ok'],
    ['half of all runs fail', [30, 60], [970, 1000], false, 'firing'],
    ['clear, but smaller than is worth a message', [930, 1000], [9700, 10000], false, 'ok'],
    ['large enough, but no more than chance', [17, 20], [95, 100], false, 'ok'],
    ['one failure of 20 after none of 1,000', [19, 20], [1000, 1000], false, 'ok'],
    ['three failures of 20 after none of 1,000', [17, 20], [1000, 1000], false, 'firing'],
    ['three failures of 20 after none of 60', [17, 20], [60, 60], false, 'ok'],
    ['better than before', [60, 60], [800, 1000], false, 'ok'],
    ['everything fails and always did', [0, 60], [0, 1000], false, 'ok'],
    ['too few runs in the window', [0, 19], [970, 1000], false, 'no_data'],
    ['just enough runs in the window', [0, 20], [970, 1000], false, 'firing'],
    ['too few runs before', [0, 60], [19, 19], false, 'no_data'],
    ['no run at all', [0, 0], [0, 0], false, 'no_data'],
    ['firing, still down', [30, 60], [970, 1000], true, 'firing'],
    ['firing, better but not back', [922, 1000], [970, 1000], true, 'firing'],
    ['firing, the same drop would not fire anew', [56, 60], [9900, 10000], true, 'firing'],
    ['firing, back within half of the drop', [95, 100], [970, 1000], true, 'ok'],
    ['firing, what is left may be chance', [93, 100], [96, 100], true, 'ok'],
    ['firing, and the data vanished', [0, 0], [970, 1000], true, 'no_data'],
    ['firing, and the baseline vanished', [30, 60], [0, 0], true, 'no_data'],
  ] as const)('%s', (_what, window, baseline, alarmed, state) => {
    expect(detectDrop(rule, evidence([...window], [...baseline]), alarmed).state).toBe(state)
  })

  it('blames the seam whose share grew most, not the one that always takes most', () => {
    const verdict = detectDrop(rule, evidence([40, 60], [900, 1000], { seams: [charges('a→b', 6, 95), charges('b→c', 14, 5)] }), false)
    expect(verdict.seam).toMatchObject({ seam: 'b→c', chargedRuns: 14, message: 'b→c timed out' })
    expect(verdict.seam?.shareIncrease).toBeCloseTo(14 / 60 - 5 / 1000, 12)
    expect(verdict.exampleRunIds).toEqual(['at b→c'])
    expect(verdict.reason).toBe(
      '66.7 % of 60 runs succeeded in the last 2 h, 90.0 % of 1,000 before (z 5.5); most is lost at b→c (tool_timeout), 14 runs',
    )
  })

  it('blames no seam when none takes more than before', () => {
    const verdict = detectDrop(rule, evidence([40, 60], [900, 1000], { seams: [charges('a→b', 6, 100)], unknownInWindow: 14 }), false)
    expect(verdict.seam).toBeNull()
    expect(verdict.exampleRunIds).toEqual(['newest', 'r2', 'r3'])
    expect(verdict.reason).toContain('14 with an unknown end count as failed')
  })

  it('says why it says nothing', () => {
    expect(detectDrop(rule, evidence([7, 7], [970, 1000]), false).reason).toBe('only 7 runs ended in the last 2 h, 20 are needed')
    expect(detectDrop(rule, evidence([60, 60], [3, 4]), true).reason).toBe('only 4 runs ended in the 7 d before, 20 are needed')
  })

  it.each([1, 0.99, 0.97, 0.9, 0.77, 0.5])('rarely fires on chance where %f of all runs succeed', (rate) => {
    const random = seeded(42)
    const draw = (n: number): number => Array.from({ length: n }, random).filter((value) => value < rate).length
    let fired = 0
    const looks = 4_000
    for (let look = 0; look < looks; look++) {
      const [n, before] = [20 + Math.floor(random() * 180), 100 + Math.floor(random() * 400)]
      if (detectDrop(rule, evidence([draw(n), n], [draw(before), before]), false).state === 'firing') fired++
    }
    expect(fired / looks).toBeLessThan(1 / 300)
  })
})

/** Mulberry32: the same numbers each time. */
const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}
