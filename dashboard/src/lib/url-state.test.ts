// Filters as chips: one per value, each knowing the change that removes it.
import { expect, test } from 'vitest'
import { chipsOf, filterQuery, type RunFilters } from './url-state.ts'

const NONE: RunFilters = {
  pipeline: '',
  version: '',
  outcome: [],
  layer: [],
  gap: [],
  kind: '',
  seam: '',
  seamKind: null,
  step: '',
  attributed: null,
  recovered: null,
  session: '',
  q: '',
}

test('no filters, no chips', () => expect(chipsOf(NONE)).toEqual([]))

test('every value of a list is a chip of its own', () => {
  expect(chipsOf({ ...NONE, outcome: ['failure', 'unknown'], q: 'timeout' })).toEqual([
    { label: 'outcome', value: 'failure', without: { outcome: ['unknown'] } },
    { label: 'outcome', value: 'unknown', without: { outcome: ['failure'] } },
    { label: 'text', value: 'timeout', without: { q: null } },
  ])
})

test('filters that are not set reach the API as undefined', () => {
  expect(filterQuery({ ...NONE, seamKind: 'tool' })).toMatchObject({ seamKind: 'tool', attributed: undefined, recovered: undefined })
})
