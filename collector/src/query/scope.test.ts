import { describe, expect, it } from 'vitest'
import { readCursor, writeCursor } from './cursor.ts'
import { periodOf } from './scope.ts'

const now = new Date('2026-11-20T12:00:00.000Z')
const ms = (iso: string): number => Date.parse(iso)

describe('the period of a window', () => {
  it.each([
    [{ since: '48h' }, '2026-11-18T12:00:00Z', '2026-11-20T12:00:00Z'],
    [{ since: '90m', to: '2026-11-20T10:00:00+02:00' }, '2026-11-20T06:30:00Z', '2026-11-20T08:00:00Z'],
    [{ since: '48h', from: '2026-11-20T00:00:00Z' }, '2026-11-20T00:00:00Z', '2026-11-20T12:00:00Z'],
    [{ since: '1h', from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' }, '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'],
    [{ since: '99999d' }, '1970-01-01T00:00:00Z', '2026-11-20T12:00:00Z'],
  ])('of %j', (window, from, to) => {
    expect(periodOf(window, now)).toEqual({ from: ms(from), to: ms(to) })
  })

  it('is never empty and never beyond what the engine can hold', () => {
    expect(() => periodOf({ since: '1h', from: '2026-11-20T12:00:00Z' }, now)).toThrow(/is not before/)
    expect(periodOf({ since: '1h', from: '2026-01-01T00:00:00Z', to: '9999-12-31T23:59:59Z' }, now).to).toBe(9_223_372_036_000)
  })
})

describe('the cursor of the run list', () => {
  it.each(['r1', 'a.b', 'bad/1 ü\n', '日本'])('comes back as it was for run %j', (runId) => {
    expect(readCursor(writeCursor({ endNano: '1795132800000000001', runId }))).toEqual({ endNano: '1795132800000000001', runId })
  })

  it.each([
    '',
    'x',
    'bm9wZQ',
    `${writeCursor({ endNano: '1', runId: 'r' })}=`,
    ` ${writeCursor({ endNano: '1', runId: 'r' })}`,
    writeCursor({ endNano: '9999999999999999999', runId: 'r' }),
    writeCursor({ endNano: '1', runId: '' }),
  ])('is refused as %j', (text) => expect(() => readCursor(text)).toThrow(/^cannot read cursor/))
})
