// What an evaluation found, in words: how far from chance instead of a bare z, and the blame only where nothing else on the page says it. Pure.
import type { AlertVerdict } from '@seamtrace/schema'

/** From 5 on, chance is below one in a million. */
const chanceInWords = (z: number): string => {
  if (z >= 5) return 'far outside chance'
  if (z >= 3) return 'outside chance'
  if (z >= 2) return 'at the edge of chance'
  return z > -2 ? 'within chance' : 'better than before'
}

/** @example zInWords(7.71) // 'far outside chance, z 7.7' */
export const zInWords = (z: number): string => `${chanceInWords(z)}, z\u00a0${z.toFixed(1).replace('-', '−')}`

const Z = /\(z -?\d+(?:\.\d+)?\)/
const BLAME = '; most is lost at '

/** The reason as the collector gives it, readable without statistics. */
export const reasonInWords = ({ reason, z }: AlertVerdict): string => reason.replace(Z, `(${zInWords(z)})`)

/** Without the seam: for where it stands beside the reason, with its link. */
export const reasonWithoutBlame = (verdict: AlertVerdict): string => {
  const text = reasonInWords(verdict)
  const at = text.indexOf(BLAME)
  return verdict.seam && at >= 0 ? `${text.slice(0, at)}.` : text
}
