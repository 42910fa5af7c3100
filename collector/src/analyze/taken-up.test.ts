import { GEN_AI, type RecognizedSpan, SEAMTRACE, type SpanType } from '@seamtrace/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { analyze } from './analyze.ts'
import { type Draft, human, model, pipeline, spansOf, step, store, tool } from './spans.fixture.ts'

const waiting = { attributes: { [SEAMTRACE.outcome]: 'waiting' } }
const agent = (name: string, children: Draft[]): Draft => ({
  name: `invoke_agent ${name}`,
  children,
  attributes: { [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.agentName]: name },
})
const other = (name: string, children: Draft[]): Draft => ({ name, children })

let traces = 0
/** Traces one after the other, with one session each or none. */
const thread = (drafts: readonly Draft[], session = 's-1'): RecognizedSpan[] =>
  drafts.flatMap((draft) => {
    traces++
    return spansOf(draft, { trace: traces, startMs: traces * 60_000 }).map((span) => ({ ...span, sessionId: session }))
  })
const told = (spans: readonly RecognizedSpan[]) =>
  analyze(spans).map(({ run }) => `${run.pipeline} ${run.outcome} ${run.traceIds.length} ${run.calls.map(({ name }) => name).join('+')}`)
const as = (spans: RecognizedSpan[], name: string, change: Partial<RecognizedSpan>): RecognizedSpan[] =>
  spans.map((span) => (span.name === name ? { ...span, ...change } : span))

describe('a run that waits', () => {
  it('is one in which the last step waits, although its root ended well', () => {
    expect(told(spansOf(pipeline('refund', {}, [step('ask'), step('approve', waiting)])))).toEqual(['refund waiting 1 '])
    expect(told(spansOf(pipeline('refund', {}, [step('approve', waiting), step('act')])))).toEqual(['refund success 1 '])
    expect(told(spansOf(pipeline('refund', {}, [step('ask', {}, [human('boss', waiting)])])))).toEqual(['refund waiting 1 boss'])
    const saved = pipeline('refund', {}, [step('ask', waiting), store('checkpoints', 'save', 'refund', 1)])
    expect(told(spansOf(saved))).toEqual(['refund waiting 1 checkpoints'])
  })

  it('is one in which an agent asked for a tool that nobody called', () => {
    const asked = spansOf(agent('clerk', [model()])).map((span) => (span.type === 'model' ? { ...span, verdict: 'pending' } : span))
    const called = spansOf(agent('clerk', [model(), tool('refund')])).map((span) =>
      span.type === 'model' ? { ...span, verdict: 'pending' } : span,
    )
    expect(told(asked)).toEqual(['clerk waiting 1 gpt-4o-mini'])
    expect(told(called)).toEqual(['clerk success 1 gpt-4o-mini+refund'])
    const unanswered = as(called, 'refund', { verdict: 'pending' })
    expect(told(unanswered)).toEqual(['clerk waiting 1 gpt-4o-mini'])
  })
})

describe('a tool that is held until somebody approves', () => {
  const held = { verdict: 'pending', outcome: 'waiting' as const, runId: 'call:adk-1' }
  const asks = agent('clerk', [model(), tool('refund')])

  it('was not called yet', () => {
    expect(told(as(thread([asks]), 'refund', held))).toEqual(['clerk waiting 1 gpt-4o-mini'])
  })

  it('is called once, when it was approved', () => {
    const [first, second] = [
      as(thread([asks]), 'refund', held),
      as(thread([agent('clerk', [tool('refund')])]), 'refund', { runId: held.runId }),
    ]
    const [run] = analyze([...first, ...second])
    const calls = run?.run.calls.map(({ name, outcome, attempts }) => [name, outcome, attempts.length])
    expect(calls).toEqual([
      ['gpt-4o-mini', 'success', 1],
      ['refund', 'success', 1],
    ])
    expect(run?.run.outcome).toBe('success')
  })
})

describe('a run that is taken up in another trace', () => {
  it('goes on with the step that waited', () => {
    const asks = pipeline('refund', {}, [step('classify', {}, [model()]), step('approve', waiting)])
    const acts = pipeline('refund', {}, [step('approve'), step('pay', {}, [tool('bank')])])
    expect(told(thread([asks, acts]))).toEqual(['refund success 2 gpt-4o-mini+bank'])
    const [run] = analyze(thread([asks, acts]))
    expect(run?.run.steps.map(({ name, operations }) => [name, operations.map(({ attempts }) => attempts.length)])).toEqual([
      ['classify', [1]],
      ['approve', [1]],
      ['pay', [1]],
    ])
  })

  it('is taken up as often as it waits', () => {
    const asks = pipeline('refund', {}, [step('approve', waiting)])
    const again = pipeline('refund', {}, [step('approve'), step('sign', waiting)])
    expect(told(thread([asks, again, pipeline('refund', {}, [step('sign'), step('pay')])]))).toEqual(['refund success 3 '])
  })

  it('is not the one of another session, of another pipeline, without a session, nor one that begins anew', () => {
    const asks = pipeline('refund', {}, [step('classify'), step('approve', waiting)])
    const acts = pipeline('refund', {}, [step('approve')])
    expect(told([...thread([asks], 'a'), ...thread([acts], 'b')])).toEqual(['refund waiting 1 ', 'refund success 1 '])
    expect(told(thread([asks, pipeline('order', {}, [step('approve')])]))).toEqual(['refund waiting 1 ', 'order success 1 '])
    expect(told(thread([asks, acts], ''))).toEqual(['refund waiting 1 ', 'refund success 1 '])
    expect(told(thread([asks, pipeline('refund', {}, [step('classify'), step('approve')])]))).toEqual([
      'refund waiting 1 ',
      'refund success 1 ',
    ])
  })

  it('goes on with a tool before any model, where an agent waits', () => {
    const spans = thread([agent('clerk', [model()]), agent('clerk', [tool('refund'), model()])])
    const asked = spans.map((span, index) => (index === 1 ? { ...span, verdict: 'pending' } : span))
    expect(told(asked)).toEqual(['clerk success 2 gpt-4o-mini+refund+gpt-4o-mini'])
    const fresh = thread([agent('clerk', [model()]), agent('clerk', [model(), tool('refund')])])
    expect(told(fresh.map((span, index) => (index === 1 ? { ...span, verdict: 'pending' } : span)))).toHaveLength(2)
  })

  it('does not begin with a tool where no agent waits for one', () => {
    const asks = pipeline('refund', {}, [tool('orders'), human('boss', waiting)])
    expect(told(thread([asks, pipeline('refund', {}, [tool('orders')])]))).toHaveLength(2)
  })

  it('goes on with the same call of a tool, which is one operation', () => {
    const spans = thread([agent('clerk', [model(), tool('refund')]), agent('clerk', [tool('refund'), model()])])
    expect(told(spans)).toHaveLength(2)
    expect(told(as(spans, 'refund', { runId: 'call:adk-1' }))).toEqual(['clerk success 2 gpt-4o-mini+refund+gpt-4o-mini'])
    expect(told(as(spans, 'refund', { runId: 'call:adk-1' }).filter(({ traceId }) => traceId === spans[0]?.traceId))).toEqual([
      'clerk success 1 gpt-4o-mini+refund',
    ])
  })

  it('goes on with the call that a model asked for, without a session', () => {
    const spans = thread([agent('clerk', [model()]), agent('clerk', [tool('refund'), model()])], '')
    const joined = (asks: string, called: string, answered: string) =>
      told(
        spans.map((span, index) => {
          if (index === 1) return { ...span, verdict: 'pending', runId: asks }
          return { ...span, runId: span.type === 'tool' ? called : span.type === 'model' ? answered : '' }
        }),
      )
    const one = ['clerk success 2 gpt-4o-mini+refund+gpt-4o-mini']
    expect(joined('call:a', 'call:a', '')).toEqual(one)
    expect(joined('call:a', '', 'call:a')).toEqual(one)
    expect(joined('call:a', 'call:b', '')).toHaveLength(2)
    expect(joined('', '', '')).toHaveLength(2)
  })

  it('does not go on with a call that was made in the trace in which it was asked for', () => {
    const spans = thread([agent('clerk', [model(), tool('refund'), model()]), agent('clerk', [model(), tool('mail'), model()])], '')
    expect(told(spans.map((span) => (span.type === 'agent' ? span : { ...span, runId: `call:${span.traceId}` })))).toHaveLength(2)
  })

  it('goes on with whatever a person has the agents do who was handed the work', () => {
    const handed = { type: 'handoff' as const, outcome: 'waiting' as const, handoffTo: 'user' }
    const spans = thread([agent('clerk', [model(), other('transfer', [])]), agent('clerk', [model()])])
    expect(told(as(spans, 'transfer', handed))).toEqual(['clerk success 2 gpt-4o-mini+gpt-4o-mini'])
  })

  it('is told the same in any order', () => {
    const asks = pipeline('refund', {}, [step('approve', waiting)])
    const acts = pipeline('refund', {}, [step('approve'), step('sign', waiting)])
    const spans = thread([asks, acts, pipeline('refund', {}, [step('sign')]), asks, acts])
    const expected = told(spans)
    expect(expected).toEqual(['refund success 3 ', 'refund waiting 2 '])
    fc.assert(
      fc.property(fc.shuffledSubarray(spans, { minLength: spans.length }), (some) => {
        expect(told(some)).toEqual(expected)
      }),
      { numRuns: 20 },
    )
  })

  it('is found among many that nobody ever answered', () => {
    const many = thread(Array.from({ length: 5_000 }, () => pipeline('refund', {}, [step('classify'), step('approve', waiting)])))
    expect(analyze(many)).toHaveLength(5_000)
  }, 60_000)
})

describe('what is no run, and what is one', () => {
  const typed = (spans: RecognizedSpan[], name: string, type: SpanType) => as(spans, name, { type })

  it('the making of an agent is none', () => {
    const made = typed(spansOf(other('create_agent clerk', [])), 'create_agent clerk', 'setup')
    expect(told(made)).toEqual([])
    expect(told(typed(spansOf(other('start', [other('create_agent clerk', [])])), 'create_agent clerk', 'setup'))).toHaveLength(1)
  })

  it('steps outside all agents are of one run, agents alone of one each', () => {
    expect(told(spansOf(other('batch', [agent('a', [model()]), agent('b', [model()])])))).toHaveLength(2)
    expect(told(spansOf(other('batch', [step('a', {}, [agent('a', [model()])]), agent('b', [model()])])))).toHaveLength(1)
  })

  it('a pipeline inside the one that it takes up goes on with it', () => {
    const own = { [SEAMTRACE.runId]: 'r-1' }
    const inner = pipeline('refund', { attributes: own }, [step('approve')])
    const outer = pipeline('refund', { attributes: { ...own, [SEAMTRACE.outcome]: 'waiting' } }, [step('approve', waiting), inner])
    expect(analyze(spansOf(outer)).map(({ run }) => [run.outcome, run.steps.map(({ name }) => name)])).toEqual([['success', ['approve']]])
  })
})
