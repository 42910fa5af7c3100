// Filters as chips: one per value, each knowing the change that removes it.
import { expect, test } from 'vitest'
import { chipsOf, filterQuery, type RunFilters } from './url-state.ts'

const NONE: RunFilters = {
  pipeline: '',
  version: null,
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

test('runs without a version can be asked for', () => {
  expect(chipsOf({ ...NONE, version: '' })).toEqual([{ label: 'version', value: '(none)', without: { version: null } }])
  expect(filterQuery({ ...NONE, version: '' })).toMatchObject({ version: '' })
})

test('filters that are not set reach the API as null', () => {
  expect(filterQuery({ ...NONE, seamKind: 'tool' })).toMatchObject({ seamKind: 'tool', attributed: null, kind: null, version: null })
})
