import { describe, expect, it } from 'vitest'
import { readOptions } from './options.ts'

describe('options of the ingest benchmark', () => {
  it('has defaults for all', () => {
    expect(readOptions([])).toMatchObject({ profiles: ['lean'], engine: 'chdb', seconds: 60, limit: true, save: false })
  })

  it('takes both profiles, and pairs as often as they come', () => {
    const options = readOptions(['--profile', 'both', '--no-limit', '--env', 'A=b=c', '--header', 'x-a: 1', '--header', 'x-b: 2'])
    expect(options).toMatchObject({ profiles: ['lean', 'io'], limit: false, env: { A: 'b=c' }, headers: { 'x-a': '1', 'x-b': '2' } })
  })

  it.each([[['--profile', 'all']], [['--seconds', '0']], [['--rate', 'fast']], [['--connections', '5']], [['--env', 'A']]])(
    'refuses %j and names the option',
    (args) => {
      expect(() => readOptions(args)).toThrow(args[0])
    },
  )
})
