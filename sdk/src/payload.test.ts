import { describe, expect, it } from 'vitest'
import { describePayload, digestOf, missingKeys, payloadKeys, sizeOf, stableJson } from './payload.ts'

describe('the description of a payload', () => {
  it('is the same whatever order the keys came in, and after a trip through JSON', () => {
    const value = { b: [1, { y: 2, x: undefined }], a: 'ü', when: new Date(0) }
    expect(describePayload(JSON.parse(JSON.stringify(value)))).toEqual({ ...describePayload(value), keys: ['b', 'a', 'when'] })
    expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }))
    expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 2 }))
  })

  it('counts bytes as JSON does', () => {
    for (const value of [{ a: 'ü€😀', b: [null, 1.5, true] }, [], 'x', 7, null])
      expect(sizeOf(value)).toBe(Buffer.byteLength(JSON.stringify(value)))
    expect([sizeOf(undefined), digestOf(() => 1)]).toEqual([undefined, undefined])
  })

  it('survives cycles, big integers, maps, sets and bytes', () => {
    const loop: Record<string, unknown> = { big: 12n, map: new Map([['k', 1]]), set: new Set([1]), bytes: new Uint8Array([1, 2]) }
    loop.self = loop
    expect(stableJson(loop)).toBe('{"big":"12","bytes":"AQI=","map":{"k":1},"self":"[circular]","set":[1]}')
  })

  it('is bounded: 64 keys of 128 characters, and no digest beyond 4 million characters or endless depth', () => {
    const wide = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`.padEnd(200, '.'), 1]))
    expect([payloadKeys(wide).length, payloadKeys(wide)[0]?.length]).toEqual([64, 128])
    expect(describePayload({ text: 'x'.repeat(4_100_000) })).toEqual({ keys: ['text'] })
    expect(describePayload({ list: Array.from({ length: 5_000_000 }, () => 1) })).toEqual({ keys: ['list'] })
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level += 1) deep = [deep]
    expect(describePayload(deep)).toEqual({})
  })

  it('finds missing keys by path', () => {
    const value = { order: { id: 0, note: '' }, list: [{ x: 1 }], 'a.b': 1, gone: undefined }
    expect(missingKeys(value, ['order.id', 'order.note', 'list.0.x', 'a.b', 'order', 'gone', 'order.none', 'list.1.x'])).toEqual([
      'gone',
      'order.none',
      'list.1.x',
    ])
    expect(missingKeys('text', ['a'])).toEqual(['a'])
    expect(payloadKeys(value)).not.toContain('gone')
  })
})
