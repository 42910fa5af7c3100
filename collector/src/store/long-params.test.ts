import { describe, expect, it } from 'vitest'
import { withoutLongParams } from './long-params.ts'

const decoded = (sql: string): string[] =>
  Array.from(sql.matchAll(/base64Decode\('([\w+/=]*)'\)/g), ([, text = '']) => Buffer.from(text, 'base64').toString())

describe('long parameters', () => {
  it('leaves short ones as they are', () => {
    const sql = 'SELECT {a:String}, {b:Array(String)}, {c:UInt32}'
    const params = { a: "'", b: ['x', 'y'], c: 1 }
    expect(withoutLongParams(sql, params)).toEqual({ sql, params })
  })

  it('are written into the statement in letters that end no text, wherever they are named', () => {
    const hostile = `'); DROP TABLE spans; --\\${'å'.repeat(2_000)}`
    const { sql, params } = withoutLongParams('SELECT {a:String}, {b:String} WHERE {a:String} IN {c:Array(String)}', {
      a: hostile,
      b: 'short',
      c: [hostile, '{a:String}'],
    })
    expect(params).toEqual({ b: 'short' })
    expect(sql).not.toContain('DROP')
    expect(sql).toContain('{b:String}')
    expect(decoded(sql)).toEqual([hostile, hostile, JSON.stringify([hostile, '{a:String}'])])
  })

  it('are refused when nobody knows how to write their type', () => {
    expect(() => withoutLongParams('SELECT {a:Array(UInt64)}', { a: Array.from({ length: 1_000 }, (_, index) => index) })).toThrow(
      'cannot write a long parameter of type Array(UInt64)',
    )
  })
})
