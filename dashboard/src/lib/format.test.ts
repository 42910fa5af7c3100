// How numbers are written: cases where rounding or a small n would mislead.
import { describe, expect, test } from 'vitest'
import {
  formatAgo,
  formatBytes,
  formatDuration,
  formatInterval,
  formatPercent,
  formatPoints,
  formatRate,
  formatUsd,
  plural,
  shortId,
} from './format.ts'

const rate = (successes: number, n: number) => ({ n, successes, rate: n ? successes / n : null, low: 0, high: 1 })

describe('formatPercent', () => {
  test('has one decimal', () => expect(formatPercent(0.8334)).toBe('83.3\u202f%'))
  test('never rounds up to 100 % while something failed', () => expect(formatPercent(0.99996)).toBe('99.9\u202f%'))
  test('never rounds down to 0 % while something succeeded', () => expect(formatPercent(0.0001)).toBe('0.1\u202f%'))
  test('writes the ends plainly', () => expect([formatPercent(1), formatPercent(0)]).toEqual(['100\u202f%', '0\u202f%']))
})

describe('formatRate', () => {
  test('shows counts below 20 runs', () => expect(formatRate(rate(17, 19))).toBe('17 of 19'))
  test('shows a rate from 20 runs on', () => expect(formatRate(rate(18, 20))).toBe('90.0\u202f%'))
  test('says so when nothing finished', () => expect(formatRate(rate(0, 0))).toBe('no finished runs'))
})

describe('formatUsd', () => {
  test.each([
    [0, '$0.00'],
    [0.00042, '$0.00042'],
    [0.059, '$0.059'],
    [0.42, '$0.42'],
    [12.4, '$12.40'],
    [2345.6, '$2,346'],
    [1e-9, '<$0.000001'],
  ])('%d is %s', (usd, text) => expect(formatUsd(usd)).toBe(text))
})

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [0.2, '<1 ms'],
    [843.4, '843 ms'],
    [4200, '4.20 s'],
    [41_000, '41.0 s'],
    [72_000, '1 m 12 s'],
    [7_500_000, '2 h 5 m'],
    [100_000_000, '1 d 3 h'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text))
})

test('differences carry a sign and are points', () => {
  expect([formatPoints(0.021), formatPoints(-0.021), formatPoints(0.0002)]).toEqual(['+2.1\u202fpt', '−2.1\u202fpt', '±0.0\u202fpt'])
})

test('intervals, bytes, counts and times', () => {
  expect(formatInterval({ low: 0.795, high: 0.867 })).toBe('79.5–86.7\u202f%')
  expect([formatBytes(812), formatBytes(9200), formatBytes(25_000_000)]).toEqual(['812 B', '9.2 kB', '25.0 MB'])
  expect([plural(1, 'run'), plural(1200, 'run')]).toEqual(['1 run', '1,200 runs'])
  expect([formatAgo(0, 2000), formatAgo(0, 90_000), formatAgo('', 0)]).toEqual(['just now', '1 m ago', 'never'])
})

test('ids keep what tells neighbors apart', () => {
  expect(shortId('support-refund-000739')).toBe('…000739')
  expect(shortId(`${'a1'.repeat(16)}-00000000000000ff`)).toBe('a1a1a1…00ff')
  expect(shortId('run-7')).toBe('run-7')
})
