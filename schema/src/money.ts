// Money as whole numbers of 10^-12 USD, so that sums are exact; decimal strings outside.

const DIGITS = 12
const SCALE = 10n ** BigInt(DIGITS)

/**
 * A decimal string of USD as a whole number of 10^-12 USD; what stands behind the twelfth place is cut.
 * @returns null when the text is no decimal number
 * @example picoUsd('0.00021') // 210000000n
 */
export const picoUsd = (decimal: string): bigint | null => {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal)
  if (!match) return null
  const pico = BigInt(match[2] ?? 0) * SCALE + BigInt((match[3] ?? '').slice(0, DIGITS).padEnd(DIGITS, '0'))
  return match[1] === '-' ? -pico : pico
}

/**
 * @param pico a whole number of 10^-12 USD; one of type number only where it is a safe integer
 * @example decimalUsd(210000000n) // '0.000210000000'
 */
export const decimalUsd = (pico: bigint | number): string => {
  const digits = (pico < 0 ? -pico : pico).toString().padStart(DIGITS + 1, '0')
  return `${pico < 0 ? '-' : ''}${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}`
}

export const usdOf = (pico: bigint): number => Number(pico) / Number(SCALE)

/** Where a cost comes from: told by the program that spent it, or reckoned from a price; or nobody knows it, which is never 0. */
export const COST_SOURCES = ['priced', 'reported', 'unpriced'] as const
export type CostSource = (typeof COST_SOURCES)[number]
