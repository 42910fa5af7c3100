// How a run looks while it goes on, when it stalls, and when it was killed.
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { OutcomeBadge } from './outcome.tsx'
import { durationBy, goesOn } from './run-duration.tsx'

const HEARD = { step: 'draft', heardAt: '2026-11-20T10:00:30.000Z', stalledSince: null }
const STALLED = { ...HEARD, stalledSince: '2026-11-20T10:00:00.000Z' }
const wordOf = (badge: React.ReactElement): string => renderToStaticMarkup(badge).replace(/<[^>]*>/g, '')

test('a run that goes on, stalls or was killed has its own word', () => {
  expect(wordOf(<OutcomeBadge outcome="running" liveness={HEARD} />)).toBe('running')
  expect(wordOf(<OutcomeBadge outcome="running" liveness={STALLED} />)).toBe('stalled')
  expect(wordOf(<OutcomeBadge outcome="unknown" liveness={HEARD} />)).toBe('unknown (killed)')
  expect(wordOf(<OutcomeBadge outcome="unknown" />)).toBe('unknown')
})

test('a run that goes on gets longer, one that was killed does not, and neither goes backwards', () => {
  const run = { outcome: 'running' as const, startTime: '2026-11-20T10:00:00.000Z', durationMs: 30_000, liveness: HEARD }
  expect(goesOn(run)).toBe(true)
  expect(goesOn({ ...run, outcome: 'unknown' })).toBe(false)
  expect(goesOn({ ...run, liveness: null })).toBe(false)
  expect(durationBy(run, Date.parse('2026-11-20T10:01:00.000Z'))).toBe(60_000)
  expect(durationBy(run, Date.parse('2026-11-20T09:00:00.000Z'))).toBe(30_000)
})
