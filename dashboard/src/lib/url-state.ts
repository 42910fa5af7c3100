// What the address bar holds: the range on every page, and the filters of the runs page.
import { GAPS, LAYERS, OUTCOMES, SEAM_KINDS } from '@seamtrace/schema'
import { parseAsArrayOf, parseAsString, parseAsStringLiteral, useQueryState, useQueryStates } from 'nuqs'
import type { Query } from './api.ts'
import { DEFAULT_RANGE, RANGES } from './links.ts'

export const useRange = () => useQueryState('since', parseAsStringLiteral(RANGES).withDefault(DEFAULT_RANGE))

/** How runs without a version are called. */
export const NO_VERSION = '(none)'

const text = parseAsString.withDefault('')
/** What of a pipeline the overview shows. */
export const MODES = ['final', 'first_try'] as const
export const VIEW = {
  pipeline: text,
  /** null means all of them, '' the runs without one */
  version: parseAsString,
  mode: parseAsStringLiteral(MODES).withDefault('final'),
}

export const GAP_FILTERS = [...GAPS, 'unclassified'] as const

export const RUN_FILTERS = {
  pipeline: text,
  /** null means all of them, '' the runs without one */
  version: parseAsString,
  outcome: parseAsArrayOf(parseAsStringLiteral(OUTCOMES)).withDefault([]),
  layer: parseAsArrayOf(parseAsStringLiteral(LAYERS)).withDefault([]),
  gap: parseAsArrayOf(parseAsStringLiteral(GAP_FILTERS)).withDefault([]),
  kind: text,
  seam: text,
  seamKind: parseAsStringLiteral(SEAM_KINDS),
  step: text,
  attributed: parseAsStringLiteral(['true', 'false'] as const),
  recovered: parseAsStringLiteral(['true', 'false'] as const),
  session: text,
  q: text,
}

export const useRunFilters = () => useQueryStates(RUN_FILTERS, { history: 'replace' })
export type RunFilters = ReturnType<typeof useRunFilters>[0]
export type SetRunFilters = ReturnType<typeof useRunFilters>[1]

/** Filters as query parameters of the API; unset ones are null. */
export const filterQuery = (filters: RunFilters): Query =>
  Object.fromEntries(Object.entries(filters).map(([name, value]) => [name, value === '' && name !== 'version' ? null : value]))

type Removal = Partial<{ [Name in keyof RunFilters]: RunFilters[Name] | null }>
/** `without` is the change of the filters that removes the chip; null means "not set". */
export type Chip = { label: string; value: string; without: Removal }

const CHIP_LABELS: Partial<Record<keyof RunFilters, string>> = { q: 'text', seamKind: 'seam kind' }
const isFilterName = (name: string): name is keyof RunFilters => name in RUN_FILTERS

/** The active filters, one removable chip per value. */
export const chipsOf = (filters: RunFilters): Chip[] =>
  Object.entries(filters).flatMap(([name, value]): Chip[] => {
    if (!isFilterName(name) || value === null) return []
    const label = CHIP_LABELS[name] ?? name
    if (name === 'version' && value === '') return [{ label, value: NO_VERSION, without: { version: null } }]
    if (value === '') return []
    if (typeof value === 'string') return [{ label, value, without: { [name]: null } }]
    return value.map((item) => ({ label, value: item, without: { [name]: value.filter((other) => other !== item) } }))
  })
