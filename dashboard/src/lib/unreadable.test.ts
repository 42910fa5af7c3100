// What the address holds that nobody can read is found, and taken out without the rest.
import { expect, test } from 'vitest'
import { unreadableIn, withoutUnreadable } from './unreadable.ts'

test('names the parameter and the values that nothing knows', () => {
  const found = unreadableIn(new URLSearchParams('outcome=failure,bogus&since=9y&pipeline=nope'))
  expect(found.map(({ name, values }) => [name, values])).toEqual([
    ['since', ['9y']],
    ['outcome', ['bogus']],
  ])
  expect(found[1]?.known).toContain('failure')
  expect(unreadableIn(new URLSearchParams('outcome=failure,unknown&gap=unclassified&version='))).toEqual([])
})

test('what can be read stays in the address', () => {
  expect(withoutUnreadable(new URLSearchParams('outcome=failure,bogus&since=9y&q=a')).toString()).toBe('outcome=failure&q=a')
})
