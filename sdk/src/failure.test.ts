import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Recorder, recordSpans, statusOf } from '../test/spans.ts'
import { tool } from './call.ts'
import { errorType } from './failure.ts'
import { step } from './step.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(() => spans.stop())

describe('the type of an error', () => {
  it('of a fetch that found nobody is the code of its cause', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    await expect(tool('api', () => fetch(`http://127.0.0.1:${port}`))).rejects.toThrow('fetch failed')
    expect((await spans.one('execute_tool api')).attributes['error.type']).toBe('ECONNREFUSED')
  })

  it('is its own code or status before that of its cause', () => {
    const cause = Object.assign(new Error('below'), { code: 'ECONNRESET' })
    expect(errorType(Object.assign(new Error('x', { cause }), { code: 'E_MINE' }))).toBe('E_MINE')
    expect(errorType(Object.assign(new Error('x', { cause }), { status: 503 }))).toBe('503')
    expect(errorType(new RangeError('x', { cause }))).toBe('ECONNRESET')
    expect(errorType(new RangeError('x', { cause: new Error('no code') }))).toBe('RangeError')
  })
})

it('marks the span whatever was thrown', async () => {
  const nameless = Object.create(Error.prototype, { name: { value: 7 }, message: { value: { deep: true } } })
  const thrown = [Object.create(null), Symbol('gone'), undefined, nameless]
  for (const [index, value] of thrown.entries()) {
    let caught: unknown = 'nothing'
    try {
      step(`s${index}`, () => {
        throw value
      })
    } catch (error) {
      caught = error
    }
    expect(caught).toBe(value)
    expect(statusOf(await spans.one(`step s${index}`))).toBe('ERROR')
  }
})
