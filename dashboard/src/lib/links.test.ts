// Addresses: the range travels with every link, empty parameters do not.
import { expect, test } from 'vitest'
import { requestUrl } from './api.ts'
import { failedRunsHref, hrefOf, runHref } from './links.ts'

test('the default range is left out, any other is carried', () => {
  expect(hrefOf('/runs', '48h')).toBe('/runs')
  expect(hrefOf('/runs', '7d', { pipeline: 'a b' })).toBe('/runs?pipeline=a+b&since=7d')
})

test('a seam with an arrow survives the address', () => {
  const href = failedRunsHref('48h', { pipeline: 'p', version: null, seam: 'a→b', seamKind: 'tool' })
  const search = new URLSearchParams(href.split('?')[1])
  expect(search.get('seam')).toBe('a→b')
  expect(search.get('outcome')).toBe('failure')
  expect(search.has('version')).toBe(false)
})

test('"no version" is a version, and not the same as all of them', () => {
  expect(hrefOf('/', '48h', { pipeline: 'p', version: '' })).toBe('/?pipeline=p&version=')
  expect(requestUrl('/gap', { query: { pipeline: 'p', version: '' } })).toBe('/api/v1/gap?pipeline=p&version=')
  expect(requestUrl('/gap', { query: { pipeline: 'p', version: null } })).toBe('/api/v1/gap?pipeline=p')
})

test('run ids are encoded', () => expect(runHref('48h', 'a/b?c')).toBe('/runs/a%2Fb%3Fc'))

test('requests fill the path, join lists and drop what is not set', () => {
  const url = requestUrl('/traces/:traceId/spans/:spanId', {
    params: { traceId: 'x/y', spanId: 'z' },
    query: { layer: ['state', 'human'], gap: [], q: undefined, kind: null },
  })
  expect(url).toBe('/api/v1/traces/x%2Fy/spans/z?layer=state%2Chuman')
})
