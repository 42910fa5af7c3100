import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prepareDataFolder } from './demo-data.ts'
import { readDemoOptions } from './demo-options.ts'
import { progressOn } from './demo-progress.ts'

describe('the options of the demo', () => {
  it('are its own and those of up', () => {
    const { demo, server } = readDemoOptions(['--check', '--json', '--runs', '600', '--seed=9', '--no-faults', '--port', '5000'], {})
    expect(demo).toEqual({ check: true, faults: false, keep: false, runs: 600, seed: 9 })
    expect(server).toMatchObject({ json: true, config: { port: 5000, dataDir: './.seamtrace-demo' } })
  })

  it('refuse what is no number and what nobody knows', () => {
    expect(() => readDemoOptions(['--runs', 'many'], {})).toThrow('cannot use "many" from --runs: write a whole number from 1 to 999999')
    expect(() => readDemoOptions(['--runs', '0'], {})).toThrow('cannot use "0" from --runs')
    expect(() => readDemoOptions(['--rnus', '5'], {})).toThrow('cannot read arguments')
  })

  it('do not fill a ClickHouse server unasked', () => {
    const env = { CLICKHOUSE_URL: 'http://db:8123' }
    expect(() => readDemoOptions([], env)).toThrow('cannot run the demo on the ClickHouse server')
    expect(readDemoOptions(['--keep'], env).server.config.clickhouseUrl).toBe('http://db:8123')
  })
})

describe('the data folder of the demo', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'demo-data-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const fill = (note: object) => {
    mkdirSync(join(folder, 'engine'))
    writeFileSync(join(folder, 'seamtrace.json'), JSON.stringify(note))
    writeFileSync(join(folder, 'mine.txt'), 'mine')
  }

  it('is emptied of what a demo left, and of nothing else', () => {
    fill({ demo: true, pid: 0x7ffffffe })
    prepareDataFolder(folder, false)
    expect(readdirSync(folder).sort()).toEqual(['mine.txt', 'seamtrace.json'])
    expect(JSON.parse(readFileSync(join(folder, 'seamtrace.json'), 'utf8'))).toEqual({ demo: true })
  })

  it('is never emptied when a collector filled it', () => {
    fill({ engine: 'chdb' })
    expect(() => prepareDataFolder(folder, false)).toThrow('no demo made it')
    prepareDataFolder(folder, true)
    expect(readdirSync(folder).sort()).toEqual(['engine', 'mine.txt', 'seamtrace.json'])
  })

  it('is not emptied under a demo that runs', () => {
    fill({ demo: true, pid: process.pid })
    expect(() => prepareDataFolder(folder, false)).toThrow(`is in use by another process (pid ${process.pid})`)
  })
})

describe('the progress of the fill', () => {
  const shown = (isTTY: boolean) => {
    const texts: string[] = []
    const show = progressOn({ isTTY, write: (text) => texts.push(text) })
    for (let done = 10; done <= 100; done += 10) show({ done, total: 100 })
    return texts
  }

  it('is a line at every quarter where nobody sees it move', () => {
    expect(shown(false)).toEqual([30, 50, 80, 100].map((done) => `filling the last 48 hours: ${done} of 100 runs\n`))
  })

  it('is one line that is rewritten on a terminal', () => {
    const texts = shown(true)
    expect(texts).toHaveLength(10)
    expect(texts.slice(0, -1).join('')).not.toContain('\n')
    expect(texts.at(-1)).toMatch(/\n$/)
  })
})
