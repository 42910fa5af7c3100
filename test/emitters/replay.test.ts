// Every capture of a real system, replayed: what Seamtrace says of it is the truth, except for gaps that are known and still open.
import { describe, expect, test } from 'vitest'
import { bytesOf, captureNames, logsOf, runsOf, truthOf } from './captures.ts'
import { differences } from './compare.ts'
import { emittersDocument, storedDocument } from './document.ts'
import { readGaps } from './known-gaps.ts'
import { SCENARIOS } from './truth.ts'

const MAX_BYTES = 60_000
const gaps = readGaps()
const names = captureNames()

describe.each(names)('%s', (name) => {
  test('is told as it was, but for its known gaps', () => {
    const found = differences(truthOf(name), runsOf(name))
    const known = gaps[name] ?? {}
    expect(found.filter(({ field }) => known[field] === undefined)).toEqual([])
  })

  test('has no known gap that has closed: strike it from known-gaps.json', () => {
    const found = new Set(differences(truthOf(name), runsOf(name)).map(({ field }) => field))
    expect(Object.keys(gaps[name] ?? {}).filter((field) => !found.has(field))).toEqual([])
  })
})

test('docs/emitters.md tells what is known', () => {
  expect(storedDocument()).toBe(emittersDocument())
})

test('no gap is known of a capture that does not exist', () => {
  expect(Object.keys(gaps).filter((name) => !names.includes(name))).toEqual([])
})

test.each(names)('%s tells nothing of the machine that recorded it', (name) => {
  const text = bytesOf(name).toString('latin1')
  expect(text.match(/\/(?:home|root|Users|work|mnt|tmp(?!\/emitters\/))\/[\w./-]*/g) ?? []).toEqual([])
  expect(text).not.toMatch(/\b(?:host\.(?:name|id|arch)|process\.(?:pid|owner|command_args|executable\.path)|os\.version)\b/)
})

test.each(names)('%s is small, and its truth names it', (name) => {
  const { emitter, version, scenario, runs } = truthOf(name)
  expect(`${emitter}/${version}/${scenario}`).toBe(name)
  expect(SCENARIOS).toContain(scenario)
  expect(runs.length).toBeGreaterThan(0)
  expect(bytesOf(name).length).toBeLessThan(MAX_BYTES * 20)
})

test('the log records that came along are all readable', () => {
  const logs = names.map(logsOf)
  expect(logs.flatMap(({ refused }) => refused)).toEqual([])
  expect(logs.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(0)
})
