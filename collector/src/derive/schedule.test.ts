import { expect, it } from 'vitest'
import type { TouchedTrace } from '../store/touched-traces.ts'
import {
  createSchedule,
  derivedThrough,
  dueTraces,
  knownCount,
  nextWindow,
  noteDerived,
  noteRefused,
  noteTouched,
  pendingCounts,
  type Schedule,
} from './schedule.ts'

const ids = (schedule: Schedule, nowMs: number) => dueTraces(schedule, nowMs).map(({ traceId }) => traceId)
const touch = (traceId: string, touchedAtMs: number, touches = 1, touchesLater = touches): TouchedTrace => ({
  project: 'p',
  traceId,
  touchedAtMs,
  touches,
  touchesLater,
  keyTime: 0,
})

it('takes a trace a second after its last span', () => {
  const schedule = createSchedule()
  noteTouched(schedule, [touch('a', 1000)], 1000)
  expect(ids(schedule, 1999)).toEqual([])
  noteTouched(schedule, [touch('a', 1500, 2)], 1500)
  expect(ids(schedule, 2000)).toEqual([])
  expect(ids(schedule, 2500)).toEqual(['a'])
  noteDerived(schedule, dueTraces(schedule, 2500), 2500)
  expect(ids(schedule, 9999)).toEqual([])
  expect(pendingCounts(schedule).size).toBe(0)
})

it('takes a trace that stays noisy after 2 s, then 4 s later, then 8 s', () => {
  const schedule = createSchedule()
  const taken: number[] = []
  for (let nowMs = 0; nowMs <= 20_000; nowMs += 100) {
    noteTouched(schedule, [touch('a', nowMs)], nowMs)
    const due = dueTraces(schedule, nowMs)
    if (due.length > 0) taken.push(nowMs)
    noteDerived(schedule, due, nowMs)
  }
  expect(taken).toEqual([2000, 6000, 14_000])
})

it('has come as far as the oldest trace that waits', () => {
  const schedule = createSchedule()
  noteTouched(schedule, [touch('a', 5000), touch('b', 6000)], 6000)
  expect(derivedThrough(schedule, 9000)).toBe(4999)
  noteDerived(schedule, [touch('a', 5000)], 10_000)
  expect(derivedThrough(schedule, 9000)).toBe(5999)
  noteDerived(schedule, [touch('b', 6000)], 10_000)
  expect(derivedThrough(schedule, 9000)).toBe(9000)
})

it('puts neighbors in the store beside each other, and keeps projects apart', () => {
  const schedule = createSchedule()
  noteTouched(
    schedule,
    [
      { ...touch('b', 1000), keyTime: 119 },
      { ...touch('a', 1000), keyTime: 60 },
      { ...touch('z', 1000), keyTime: 0 },
      { ...touch('a', 1000), project: 'q', keyTime: 120 },
    ],
    1000,
  )
  expect(dueTraces(schedule, 2000).map(({ project, traceId }) => project + traceId)).toEqual(['pz', 'pa', 'pb', 'qa'])
  noteDerived(schedule, [touch('a', 1000)], 2000)
  expect(pendingCounts(schedule)).toEqual(
    new Map([
      ['p', 2],
      ['q', 1],
    ]),
  )
})

it('forgets what is analyzed and not in the next window', () => {
  const schedule = createSchedule()
  noteTouched(schedule, [touch('a', 1000, 1, 0), touch('b', 1000, 1, 0), touch('c', 70_000, 2, 1)], 70_000)
  noteDerived(schedule, [touch('a', 1000), touch('c', 70_000, 2)], 72_000)
  nextWindow(schedule)
  expect(knownCount(schedule)).toBe(2)
  expect(ids(schedule, 80_000)).toEqual(['b'])
})

it('takes a trace again when a block of it becomes visible late, without being any newer', () => {
  const schedule = createSchedule()
  noteTouched(schedule, [touch('a', 1000)], 1000)
  noteDerived(schedule, dueTraces(schedule, 3000), 3000)
  noteTouched(schedule, [touch('a', 1000, 2)], 4000)
  expect(ids(schedule, 4000)).toEqual(['a'])
})

it('notices a late block also when an older one leaves the window at the same time', () => {
  const schedule = createSchedule()
  noteTouched(schedule, [touch('a', 50_000, 2)], 50_000)
  noteDerived(schedule, dueTraces(schedule, 52_000), 52_000)
  // three blocks by now, of which the first is not in the next window
  noteTouched(schedule, [touch('a', 50_000, 3, 2)], 60_000)
  nextWindow(schedule)
  expect(ids(schedule, 60_000)).toEqual(['a'])
  noteDerived(schedule, dueTraces(schedule, 60_000), 60_000)
  noteTouched(schedule, [touch('a', 50_000, 2)], 61_000)
  expect(ids(schedule, 61_000)).toEqual([])
  noteTouched(schedule, [touch('a', 50_000, 3)], 62_000)
  expect(ids(schedule, 62_000)).toEqual(['a'])
})

it('puts off what cannot be taken, without holding up the rest', () => {
  const schedule = createSchedule()
  noteTouched(schedule, [touch('a', 1000), touch('b', 2000)], 3000)
  noteRefused(schedule, touch('a', 1000), 3000)
  expect(ids(schedule, 4000)).toEqual(['b'])
  expect(derivedThrough(schedule, 3000)).toBe(1999)
  expect(ids(schedule, 63_000)).toEqual(['a', 'b'])
  noteRefused(schedule, touch('a', 1000), 63_000)
  expect(ids(schedule, 123_000)).toEqual(['b'])
  // and it stays so in the next window
  nextWindow(schedule)
  expect(ids(schedule, 183_000)).toEqual(['a', 'b'])
})
