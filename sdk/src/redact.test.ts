// What leaves the process as text in each mode of content.
import { SEAMTRACE } from '@seamtrace/schema'
import { afterEach, expect, it } from 'vitest'
import { boundMessage, contentAttribute, setContentMode } from './redact.ts'

afterEach(() => setContentMode('off'))

const SENT = { to: 'ada@example.com', password: 'hunter2!', amount: 12 }

it.each([
  ['off', {}, 'cannot reach [email]'],
  ['mask', { [SEAMTRACE.input]: '{"amount":12,"password":"[secret]","to":"[email]"}' }, 'cannot reach [email]'],
  ['full', { [SEAMTRACE.input]: '{"amount":12,"password":"hunter2!","to":"ada@example.com"}' }, 'cannot reach ada@example.com'],
] as const)('%s', (mode, attributes, message) => {
  setContentMode(mode)
  expect(contentAttribute(SEAMTRACE.input, SENT)).toEqual(attributes)
  expect(boundMessage('cannot reach ada@example.com')).toBe(message)
})

it('a secret that the end of a long text cuts in two does not leave', () => {
  setContentMode('mask')
  const { [SEAMTRACE.input]: text } = contentAttribute(
    SEAMTRACE.input,
    `${'x '.repeat(32_750)}sk-proj-1234567890abcdefghijklmnopqrstuvwxyz`,
  )
  expect(text).toHaveLength(65_505)
  expect(text?.endsWith('x [key]')).toBe(true)
})
