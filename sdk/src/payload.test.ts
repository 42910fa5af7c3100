import { describe, expect, it, vi } from 'vitest'
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

  it('does not walk what is too big: lists, maps and sets of known length, records of many keys, long texts, bytes', () => {
    let reads = 0
    let lists = 0
    const counted = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (at, key) => {
          reads += 1
          return Reflect.get(at, key)
        },
        ownKeys: (at) => {
          lists += 1
          return Reflect.ownKeys(at)
        },
      })
    expect(describePayload(counted(new Array(1e8)))).toEqual({})
    expect(digestOf({ list: counted(new Array(1e8)) })).toBeUndefined()
    const many = Object.fromEntries(Array.from({ length: 300_000 }, (_, index) => [`k${index}`, 1]))
    expect(describePayload(counted(many)).keys).toHaveLength(64)
    expect(reads).toBeLessThan(100)
    expect(lists).toBe(1)

    const entries = vi.spyOn(Map.prototype, Symbol.iterator)
    expect(digestOf(new Map(Array.from({ length: 300_000 }, (_, index) => [index, 1])))).toBeUndefined()
    expect(entries).not.toHaveBeenCalled()
    entries.mockRestore()
    const members = vi.spyOn(Set.prototype, Symbol.iterator)
    expect(digestOf(new Set(Array.from({ length: 300_000 }, (_, index) => index)))).toBeUndefined()
    expect(members).not.toHaveBeenCalled()
    members.mockRestore()

    const stringify = vi.spyOn(JSON, 'stringify')
    expect(describePayload('x'.repeat(5e7))).toEqual({})
    expect(stringify).not.toHaveBeenCalled()
    stringify.mockRestore()
    const encode = vi.spyOn(Buffer.prototype, 'toString')
    expect(describePayload(Buffer.alloc(5_000_001))).toEqual({ size: 6_666_670 })
    expect(sizeOf(new Float64Array(1e6))).toBe(10_666_670)
    expect(encode).not.toHaveBeenCalled()
    encode.mockRestore()
  })

  it('of bytes names no keys, and counts them alike whether or not they were encoded', () => {
    for (const length of [0, 1, 2, 3, 1_000]) {
      const bytes = Buffer.alloc(length, 7)
      expect(describePayload(bytes)).toEqual({ size: Buffer.byteLength(JSON.stringify(bytes.toString('base64'))), digest: digestOf(bytes) })
    }
    expect(payloadKeys(new Uint8Array(3))).toEqual([])
  })

  it('says null for the holes of a list, as JSON does', () => {
    expect(stableJson(new Array(3))).toBe('[null,null,null]')
  })
})
