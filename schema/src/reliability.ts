// The arithmetic of reliability: rates, intervals and the gap waterfall. Pure functions of counts.

export type Interval = { low: number; high: number }

/**
 * End-to-end rate of independent steps in a row.
 * @param rates success rates in [0, 1]
 * @returns their product; 1 for no steps
 * @example productOfRates(Array(6).fill(0.97)) // 0.833 (six steps of 97 %)
 */
export const productOfRates = (rates: readonly number[]): number => rates.reduce((product, rate) => product * rate, 1)

/**
 * Wilson score interval of a proportion (E. B. Wilson, JASA 22, 1927). Never leaves [0, 1] and is usable for small n.
 * @param successes k, 0 ≤ k ≤ n
 * @param n number of trials; n = 0 gives [0, 1]: nothing is known
 * @param z normal quantile, 1.959964 for 95 %
 * @example wilsonInterval(29, 30) // { low: 0.833, high: 0.994 }
 */
export const wilsonInterval = (successes: number, n: number, z = 1.959963984540054): Interval => {
  if (n <= 0) return { low: 0, high: 1 }
  const rate = successes / n
  const z2 = z * z
  const center = (rate + z2 / (2 * n)) / (1 + z2 / n)
  const half = (z / (1 + z2 / n)) * Math.sqrt((rate * (1 - rate)) / n + z2 / (4 * n * n))
  return {
    low: successes === 0 ? 0 : Math.max(0, center - half),
    high: successes === n ? 1 : Math.min(1, center + half),
  }
}

/** One bar's input: how many of the N finished runs are charged to this step. */
export type ChargedStep = { step: string; charged: number }

/** A bar hangs from `from` to `to`, both counts of runs out of N that are still standing. */
export type WaterfallBar<S extends ChargedStep> = S & { from: number; to: number }

export type Waterfall<S extends ChargedStep> = {
  n: number
  successes: number
  bars: WaterfallBar<S>[]
  /** failed runs that no seam could be charged with */
  unattributed: number
}

/**
 * Lets N finished runs fall bar by bar to the successes. Counts, not rates, so that the sum is exact:
 * successes + Σ charged + unattributed = N.
 * @param n finished runs
 * @param successes runs that succeeded
 * @param steps charged failures per outermost step, in display order
 * @throws RangeError when the charged failures exceed the failed runs
 * @example gapWaterfall(100, 83, [{ step: 'plan', charged: 9 }, { step: 'act', charged: 6 }]).unattributed // 2
 */
export const gapWaterfall = <S extends ChargedStep>(n: number, successes: number, steps: readonly S[]): Waterfall<S> => {
  let standing = n
  const bars = steps.map((step) => {
    const from = standing
    standing -= step.charged
    return { ...step, from, to: standing }
  })
  const unattributed = standing - successes
  if (unattributed < 0) throw new RangeError(`cannot draw waterfall: ${n - standing} charged of ${n - successes} failed runs`)
  return { n, successes, bars, unattributed }
}

/**
 * Success rate that the independent-steps model predicts: the mean over runs of the product of the final rates of the
 * steps on that run's path, so that a rarely taken branch weighs as rarely as it is taken (model §7).
 * @param paths per finished run (or per distinct path, with `runs` as weight) the steps operated, one entry per operation
 * @param rateOf final success rate of a step's operations
 * @example independentStepsRate([{ steps: ['a', 'b'], runs: 3 }], () => 0.9) // 0.81
 */
export const independentStepsRate = (
  paths: readonly { steps: readonly string[]; runs: number }[],
  rateOf: (step: string) => number,
): number | null => {
  const total = paths.reduce((sum, path) => sum + path.runs, 0)
  if (total === 0) return null
  const weighted = paths.reduce((sum, path) => sum + path.runs * productOfRates(path.steps.map(rateOf)), 0)
  return weighted / total
}

/**
 * Two-sided z test of two proportions with pooled variance.
 * @returns z; positive when the first rate is higher, 0 when it cannot be told
 * @example twoProportionZ(97, 100, 85, 100) // 2.99
 */
export const twoProportionZ = (successesA: number, nA: number, successesB: number, nB: number): number => {
  if (nA === 0 || nB === 0) return 0
  const pooled = (successesA + successesB) / (nA + nB)
  const variance = pooled * (1 - pooled) * (1 / nA + 1 / nB)
  return variance === 0 ? 0 : (successesA / nA - successesB / nB) / Math.sqrt(variance)
}
