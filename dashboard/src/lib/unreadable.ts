// Values in the address that no control knows: they filter nothing, so the page has to say that it left them out. Pure.
import { LAYERS, OUTCOMES, SEAM_KINDS } from '@seamtrace/schema'
import { RANGES } from './links.ts'
import { GAP_FILTERS, MODES } from './url-state.ts'

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  since: RANGES,
  mode: MODES,
  outcome: OUTCOMES,
  layer: LAYERS,
  gap: GAP_FILTERS,
  seamKind: SEAM_KINDS,
  attributed: ['true', 'false'],
  recovered: ['true', 'false'],
}

export const PARAMETERS = Object.keys(KNOWN)
export type Unreadable = { name: string; values: string[]; known: readonly string[] }

/** @example unreadableIn(new URLSearchParams('outcome=failure,bogus')) // [{ name: 'outcome', values: ['bogus'], known: [...] }] */
export const unreadableIn = (search: URLSearchParams): Unreadable[] =>
  Object.entries(KNOWN).flatMap(([name, known]) => {
    const values = (search.get(name) ?? '').split(',').filter((value) => value !== '' && !known.includes(value))
    return values.length === 0 ? [] : [{ name, values, known }]
  })

/** The address without them. */
export const withoutUnreadable = (search: URLSearchParams): URLSearchParams => {
  const rest = new URLSearchParams(search)
  for (const { name, values } of unreadableIn(search)) {
    const kept = (search.get(name) ?? '').split(',').filter((value) => value !== '' && !values.includes(value))
    if (kept.length > 0) rest.set(name, kept.join(','))
    else rest.delete(name)
  }
  return rest
}
