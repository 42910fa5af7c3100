// What a request brings: its key, its host, its origin.
import { describe, expect, it } from 'vitest'
import { credentialOf } from './credential.ts'
import { addressCheck, isLoopback } from './hosts.ts'

describe('the key of a request', () => {
  it.each([
    [{}, undefined],
    [{ authorization: 'Bearer k' }, 'k'],
    [{ authorization: 'bearer   k' }, 'k'],
    [{ authorization: 'Bearer' }, undefined],
    [{ authorization: 'Bearer a b' }, undefined],
    [{ authorization: 'Basic dTpw' }, undefined],
    [{ authorization: 'k' }, undefined],
    [{ 'x-seamtrace-key': ' k ' }, 'k'],
    [{ 'x-seamtrace-key': '', authorization: 'Bearer k' }, 'k'],
    [{ 'x-seamtrace-key': 'mine', authorization: 'Basic dTpw' }, 'mine'],
    [{ 'x-seamtrace-key': 'mine', authorization: 'Bearer other' }, 'mine'],
    [{ 'x-seamtrace-key': 'k'.repeat(513) }, undefined],
  ])('in %j is %j', (headers, key) => expect(credentialOf(headers)).toBe(key))

  it('is read in a moment, whatever stands there', () => {
    const started = performance.now()
    credentialOf({ authorization: `Bearer ${' '.repeat(100_000)}\t` })
    expect(performance.now() - started).toBeLessThan(100)
  })
})

describe('hosts', () => {
  it.each(['localhost', '::1', '127.0.0.1', '127.9.9.9'])('%s is loopback', (host) => expect(isLoopback(host)).toBe(true))
  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.nip.io', '127.1', '::ffff:127.0.0.1', 'localhost.example', ''])(
    '%s is not loopback',
    (host) => expect(isLoopback(host)).toBe(false),
  )

  const check = addressCheck(['0.0.0.0', 'traces.example', 'fd00::1'])
  const codeOf = (host: string | undefined, origin?: string): string => {
    try {
      check({ host, origin })
      return 'ok'
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  it.each([
    ['traces.example', 'ok'],
    ['TRACES.example:4318', 'ok'],
    ['[fd00::1]:4318', 'ok'],
    ['localhost', 'ok'],
    ['10.0.0.1:4318', 'misdirected'],
    ['evil.traces.example', 'misdirected'],
    ['traces.example.evil', 'misdirected'],
    ['', 'misdirected'],
    [undefined, 'misdirected'],
  ])('%j is %s', (host, code) => expect(codeOf(host)).toBe(code))

  it.each([
    ['https://traces.example', 'ok'],
    ['http://traces.example:8080', 'forbidden'],
    ['https://evil.example', 'forbidden'],
    ['null', 'forbidden'],
  ])('a page of %s is %s', (origin, code) => expect(codeOf('traces.example', origin)).toBe(code))
})
