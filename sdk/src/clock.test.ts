import { END, START, StateGraph } from '@langchain/langgraph'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { State } from '../test/graph.ts'
import { type Recorder, recordSpans } from '../test/spans.ts'
import { instrumentGraph } from './adapters/langgraph.ts'
import { startClock } from './clock.ts'
import { pipeline } from './pipeline.ts'
import { step } from './step.ts'

let spans: Recorder
beforeEach(() => {
  spans = recordSpans()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await spans.stop()
})

const nano = ([seconds, nanos]: readonly [number, number]): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(nanos)

it('puts steps that follow each other within a millisecond one after the other', async () => {
  pipeline('p', {}, () => {
    for (let index = 0; index < 200; index++) step(`s${index}`, {}, () => index)
  })
  const steps = (await spans.all()).filter((span) => span.name.startsWith('step'))
  expect(steps).toHaveLength(200)
  for (const [index, span] of steps.entries()) {
    expect(nano(span.endTime)).toBeGreaterThanOrEqual(nano(span.startTime))
    const next = steps[index + 1]
    if (next) expect(nano(next.startTime)).toBeGreaterThanOrEqual(nano(span.endTime))
  }
})

const HOUR_MS = 3_600_000

/** Sets the clock of the system, as others see it, ahead or back. */
function setClock(byMs: number): void {
  const before = Date.now()
  const begun = performance.now()
  vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(before + byMs + performance.now() - begun))
}

it('keeps the order of a run when the clock of the system is set back meanwhile', async () => {
  pipeline('p', {}, () => {
    step('open', {}, () => {
      setClock(-HOUR_MS)
      step('inner', {}, () => 1)
    })
    step('next', {}, () => 2)
  })
  const [inner, open, next, root] = await spans.all()
  const times = [
    root?.startTime,
    open?.startTime,
    inner?.startTime,
    inner?.endTime,
    open?.endTime,
    next?.startTime,
    next?.endTime,
    root?.endTime,
  ]
  const order = times.map((time) => nano(time ?? [0, 0]))
  expect(order).toEqual([...order].sort((a, b) => Number(a - b)))
  expect(Number((order.at(-1) ?? 0n) - (order[0] ?? 0n))).toBeLessThan(60e9)
})

it('follows the system in the next run, and at once when the clock goes ahead', async () => {
  const first = startClock()
  setClock(-HOUR_MS)
  expect(nano(startClock()())).toBeLessThan(nano(first()) - 3_500_000_000_000n)
  vi.restoreAllMocks()
  expect(nano(startClock()())).toBeGreaterThanOrEqual(nano(first()) - 20_000_000n)
  const before = nano(first())
  setClock(HOUR_MS)
  expect(nano(first())).toBeGreaterThan(before + 3_500_000_000_000n)
})

it('puts the exception inside the span, to the microsecond', async () => {
  for (let index = 0; index < 20; index++)
    expect(() =>
      step('s', {}, () => {
        throw new Error('x')
      }),
    ).toThrow()
  for (const { startTime, endTime, events } of await spans.named('step s')) {
    const at = nano(events[0]?.time ?? [0, 0])
    expect(at).toBeGreaterThanOrEqual(nano(startTime))
    expect(at).toBeLessThanOrEqual(nano(endTime))
  }
})

it('puts the attempts of a LangGraph node, and their exceptions, inside its step', async () => {
  let tries = 0
  const flaky = (): object => {
    tries += 1
    if (tries < 3) throw new Error('down')
    return { answer: 'x' }
  }
  const graph = new StateGraph(State)
    .addNode('call', flaky, { retryPolicy: { maxAttempts: 3, initialInterval: 2, jitter: false, logWarning: false } })
    .addEdge(START, 'call')
    .addEdge('call', END)
    .compile()
  await instrumentGraph(graph, { pipeline: 'p' }).invoke({ question: 'q' })
  const outer = await spans.one('step call')
  for (const { startTime, endTime, events } of await spans.named('attempt call'))
    for (const time of [startTime, endTime, ...events.map((event) => event.time)]) {
      expect(nano(time)).toBeGreaterThanOrEqual(nano(outer.startTime))
      expect(nano(time)).toBeLessThanOrEqual(nano(outer.endTime))
    }
})
