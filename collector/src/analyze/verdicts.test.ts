// Cases in which a plausible analysis would be wrong: each is a small trace and what must be said of it.
import { GEN_AI, type RecognizedSpan, SEAMTRACE } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import { type AnalyzedRun, analyze } from './analyze.ts'
import { analyzedAttributes } from './analyzed-keys.ts'
import { attempt, check, type Draft, failing, handoff, model, pipeline, retry, spansOf, step, tool } from './spans.fixture.ts'

/** The store gives the analysis only the attributes that it reads: the answer must be the same. */
const analyzed = (root: Draft): AnalyzedRun => {
  const spans = spansOf(root)
  const lean = spans.map((span) => ({
    ...span,
    attributes: analyzedAttributes(span.attributes),
    resource: new Map(),
    events: [],
    links: [],
  }))
  const runs = analyze(spans)
  expect(analyze(lean)).toEqual(runs)
  return runs[0] as AnalyzedRun
}
const charged = (root: Draft) => {
  const { run } = analyzed(root)
  return { outcome: run.outcome, ...run.attributedTo }
}

const timeout = failing('TimeoutError', 'attempt timed out after 500 ms')
const parse = failing('SyntaxError', 'Unexpected end of JSON input')
const type = failing('TypeError', 'x is not a function')
const withDigest = (digest: string) => ({ attributes: { [SEAMTRACE.callInputDigest]: digest } })
const no = (target: string) => ({ attributes: { [SEAMTRACE.checkResult]: 'fail', [SEAMTRACE.checkTarget]: target } })

describe('a retry', () => {
  it('around one call makes its tries the attempts of that call, also when the call ignored the time-out', () => {
    const late = (number: number) => attempt(number, timeout, [tool('orders_api')])
    const root = pipeline('p', timeout, [step('order_status', timeout, [retry('orders', timeout, [late(1), late(2), late(3)])])])
    expect(charged(root)).toMatchObject({ seam: 'order_status→orders_api', seamKind: 'tool', kind: 'tool_timeout', gap: 'tool' })
    const { run } = analyzed(root)
    expect(run.calls).toHaveLength(1)
    expect(run.calls[0]?.attempts.map(({ outcome }) => outcome)).toEqual(['failure', 'failure', 'failure'])
    expect(run.failures[0]?.exhausted).toBe(true)
  })

  it('that rescued a reply which could not be read is seen', () => {
    const root = pipeline('p', {}, [
      step('retrieve', {}, [retry('search', {}, [attempt(1, parse, [tool('search')]), attempt(2, {}, [tool('search')])])]),
    ])
    const { run } = analyzed(root)
    expect(run).toMatchObject({ outcome: 'success', recovered: true })
    expect(run.failures).toMatchObject([{ seam: 'retrieve→search', kind: 'truncated_payload', recovered: true }])
  })

  it('of a piece of code with several calls is an inner operation, and the step around it is charged', () => {
    const twice = (number: number, extra: object) => attempt(number, extra, [model(), tool('search')])
    const rescued = analyzed(pipeline('p', {}, [step('s', {}, [retry('parse', {}, [twice(1, parse), twice(2, {})])])])).run
    expect(rescued.recovered).toBe(true)
    expect(rescued.steps.find(({ name }) => name === 'parse')).toMatchObject({ parent: 's', operations: [{ recovered: true }] })
    const root = pipeline('p', parse, [step('s', parse, [retry('parse', parse, [twice(1, parse), twice(2, parse)])])])
    expect(charged(root)).toMatchObject({ seam: 'start→s', kind: 'truncated_payload' })
    expect(analyzed(root).run.failures[0]?.exhausted).toBe(true)
  })

  it('at the level of the pipeline counts as well', () => {
    expect(analyzed(pipeline('p', {}, [retry('call', {}, [attempt(1, type), attempt(2)])])).run.recovered).toBe(true)
  })

  it('inside a retried step does not lose the call that failed', () => {
    const inner = retry('inner', timeout, [attempt(1, timeout, [tool('t', timeout)]), attempt(2, timeout, [tool('t', timeout)])])
    const root = pipeline('p', timeout, [step('outer', timeout, [attempt(1, timeout, [inner]), attempt(2, timeout, [inner])])])
    expect(charged(root)).toMatchObject({ seam: 'outer→t', kind: 'tool_timeout' })
    expect(analyzed(root).run.calls[0]?.attempts).toHaveLength(4)
  })

  it('of a step that failed by its call is told once, at the call', () => {
    const root = pipeline('p', {}, [step('s', {}, [attempt(1, timeout, [tool('t', timeout)]), attempt(2, {}, [tool('t')])])])
    expect(analyzed(root).run.failures).toMatchObject([{ seam: 's→t', recovered: true }])
  })
})

it('tries of which nothing is told inside explain less than a call that failed beside them, by a clock that goes after', () => {
  const refused = failing('Error', 'connect ECONNREFUSED')
  const tries = retry('orders', refused, [attempt(1, refused), attempt(2, refused)])
  const spans = spansOf(pipeline('p', refused, [step('s', refused, [tries, tool('orders', { ...refused, at: 1, ms: 9 })])]))
  expect(analyze(spans)[0]?.run.attributedTo).toMatchObject({ seam: 's→orders', kind: 'tool_unavailable' })
})

describe('a store that is asked again', () => {
  const access = (operation: string, key: string, extra = {}): Draft => {
    const asked = { [SEAMTRACE.stateStore]: 'redis', [SEAMTRACE.stateOperation]: operation, [SEAMTRACE.stateKey]: key }
    return { ...extra, name: `state ${operation} redis`, children: [], attributes: { [SEAMTRACE.spanKind]: 'state', ...asked } }
  }
  const attempts = (...calls: Draft[]) =>
    analyzed(pipeline('p', {}, [step('load', {}, calls)])).run.calls.map((call) => call.attempts.length)

  it('for the same key after an error is asked by another attempt', () => {
    expect(attempts(access('get', 'k', timeout), access('get', 'k', timeout), access('get', 'k'))).toEqual([3])
  })

  it('for another key, or to write it, does something else', () => {
    expect(attempts(access('get', 'k', timeout), access('get', 'l'))).toEqual([1, 1])
    expect(attempts(access('put', 'k', timeout), access('get', 'k'))).toEqual([1, 1])
  })
})

describe('a step that refuses a value', () => {
  const invalid = failing('ZodError', 'Invalid input: expected number, received undefined')

  it('before it did anything was given a state that does not fit', () => {
    const root = pipeline('p', invalid, [step('a'), step('b', invalid)])
    expect(charged(root)).toMatchObject({ seam: 'a→b', gap: 'state', kind: 'state_schema_mismatch', certain: false })
    const python = failing('pydantic_core._pydantic_core.ValidationError', '1 validation error for State')
    expect(charged(pipeline('p', python, [step('a'), step('b', python)]))).toMatchObject({ kind: 'state_schema_mismatch' })
  })

  it('after a call refuses what it got there', () => {
    expect(charged(pipeline('p', invalid, [step('a'), step('b', invalid, [model()])]))).toMatchObject({ gap: 'error', kind: 'exception' })
  })
})

describe('a step that could not read what was cut', () => {
  const cut = (...calls: Draft[]) => charged(pipeline('p', parse, [step('a', {}, [tool('search')]), step('b', parse, calls)]))

  it('had it from its last call, if that was no model', () => {
    expect(cut(model(), tool('orders'))).toMatchObject({ seam: 'b→orders', kind: 'truncated_payload', certain: false })
    expect(cut(tool('orders'), model())).toMatchObject({ seam: 'a→b', kind: 'truncated_payload' })
  })

  it('before it called anything had it from the step before', () => {
    expect(cut()).toMatchObject({ seam: 'a→b', kind: 'truncated_payload' })
  })
})

describe('a program that fails by itself after an agent that ended well', () => {
  const agent = (name: string, children: Draft[], attributes = {}): Draft => ({
    name: `invoke_agent ${name}`,
    children,
    attributes: { [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.agentName]: name, ...attributes },
  })
  const gaveUp = failing('Error', 'there is no answer')
  const about = failing('Error', 'writer gave up')
  const unavailable = tool('orders', failing('Error', 'connect ECONNREFUSED'))

  it('is charged to the tool that failed inside it, if no other went well since', () => {
    const root = (...calls: Draft[]) => charged(pipeline('p', gaveUp, [agent('writer', [model(), ...calls, model()])]))
    expect(root(unavailable)).toMatchObject({ seam: 'writer→orders', kind: 'tool_unavailable', certain: false })
    expect(root(unavailable, tool('archive'))).toMatchObject({ seam: 'start→p', kind: 'exception' })
  })

  it('is charged to it also where the clock of the agent goes after that of the program', () => {
    const late = agent('writer', [model(), unavailable, model()])
    const spans = spansOf(pipeline('p', gaveUp, [late])).map((span) => {
      const shift = span.parentSpanId === '' ? 0n : 8_000_000n
      return { ...span, startTimeUnixNano: span.startTimeUnixNano + shift, endTimeUnixNano: span.endTimeUnixNano + shift }
    })
    expect(analyze(spans)[0]?.run.attributedTo).toMatchObject({ seam: 'writer→orders', kind: 'tool_unavailable' })
  })

  it('is charged to it also where its span ends long after the program has given up', () => {
    const spans = spansOf(pipeline('p', about, [agent('planner', [model()]), agent('writer', [model()])])).map((span) =>
      span.name === 'invoke_agent writer' ? { ...span, endTimeUnixNano: span.endTimeUnixNano + 400_000_000n } : span,
    )
    expect(analyze(spans)[0]?.run.attributedTo).toMatchObject({ seam: 'planner→writer' })
  })

  it('is charged to the agent when the error is about it', () => {
    const chain = [agent('planner', [model()]), agent('writer', [model()])]
    expect(charged(pipeline('p', about, chain))).toMatchObject({ seam: 'planner→writer', kind: 'exception', certain: false })
    expect(charged(pipeline('p', gaveUp, chain))).toMatchObject({ seam: 'start→p' })
    const asking = agent('writer', [model()], { [GEN_AI.finishReasons]: ['tool-calls'] })
    expect(charged(pipeline('p', about, [asking]))).toMatchObject({ seam: 'start→writer', kind: 'step_budget', gap: 'control' })
    const unread = failing('AI_NoObjectGeneratedError', 'No object generated: could not parse the response.')
    expect(charged(pipeline('p', unread, chain))).toMatchObject({ seam: 'planner→writer', gap: 'error' })
  })
})

describe('work that a person rejects', () => {
  const asked = (decision: string): Draft => ({
    name: 'human desk',
    children: [],
    attributes: { [SEAMTRACE.spanKind]: 'human', [SEAMTRACE.humanName]: 'desk', [SEAMTRACE.humanDecision]: decision },
  })
  const rejected = failing('Error', 'the desk said no')
  const approval = step('approval', rejected, [asked('rejected')])

  it('is that of the last step that did work, though others prepared something after it', () => {
    const root = pipeline('p', rejected, [step('plan'), step('draft'), step('load_session'), step('search'), approval])
    expect(charged(root)).toMatchObject({ seam: 'plan→draft', kind: 'rejected_by_human' })
    expect(charged(pipeline('p', rejected, [step('plan'), approval]))).toMatchObject({ seam: 'start→plan' })
  })
})

describe('what is no retry', () => {
  it('overlapping calls are a fan-out', () => {
    const worker = (at: number, extra = {}) => step('worker', { ...extra, at }, [tool('t', extra)])
    const root = pipeline('p', timeout, [worker(1, timeout), worker(2), worker(2)])
    expect(charged(root)).toMatchObject({ seam: 'worker→t', kind: 'tool_timeout' })
    expect(analyzed(root).run.steps[0]?.operations).toHaveLength(3)
  })

  it('the same tool asked something else after an error is another call', () => {
    const root = (second: Draft) => pipeline('p', {}, [step('s', {}, [tool('order', { ...type, ...withDigest('a') }), second])])
    expect(analyzed(root(tool('order', withDigest('b')))).run.calls).toHaveLength(2)
    expect(analyzed(root(tool('order', withDigest('a')))).run.calls).toHaveLength(1)
    const unknown = pipeline('p', {}, [step('s', {}, [tool('order', type), tool('order')])])
    expect(analyzed(unknown).run.calls).toHaveLength(2)
  })

  it('a step that is come back to inside another visit is another visit', () => {
    const { run } = analyzed(pipeline('p', {}, [step('a', {}, [step('x')]), step('b'), step('a', {}, [step('x')])]))
    expect(run.steps.find(({ name }) => name === 'x')?.operations.map(({ visit }) => visit)).toEqual([1, 2])
  })
})

describe('spans that are lost, late or repeated', () => {
  const runId = { attributes: { [SEAMTRACE.runId]: 'r1' } }
  const root = pipeline('p', { ...timeout, ...runId }, [
    step('a', runId),
    { name: 'http', children: [step('b', runId, [tool('t', runId)])] },
    step('c', { ...timeout, ...runId }, [tool('u', { ...timeout, ...runId })]),
  ])

  it('never turn a failure into a success', () => {
    const spans = spansOf(root)
    for (const lost of spans.slice(1)) {
      const runs = analyze(spans.filter((span) => span !== lost))
      expect(runs.map(({ run }) => [run.runId, run.outcome])).toEqual([['r1', 'failure']])
    }
    const [{ run }] = analyze(spans.filter((span) => span.name !== 'http')) as [AnalyzedRun]
    expect(run.steps.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })

  it('without a run id belong to the one complete run of their trace and pipeline', () => {
    const spans = spansOf(pipeline('p', {}, [step('a'), { name: 'http', children: [step('b')] }])).map((span) => ({
      ...span,
      pipeline: 'p',
    }))
    const runs = analyze(spans.filter((span) => span.name !== 'http'))
    expect(runs).toHaveLength(1)
    expect(runs[0]?.run.steps.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('of a run that goes on in another trace make a waiting run running until its root comes', () => {
    const waiting = { attributes: { ...runId.attributes, [SEAMTRACE.outcome]: 'waiting' } }
    const first = spansOf(pipeline('p', waiting, [step('ask', waiting)]))
    const second = spansOf(pipeline('p', runId, [step('act', runId)]), { trace: 2, startMs: 1000 })
    expect(analyze([...first, ...second.slice(1)])[0]?.run.outcome).toBe('running')
    expect(analyze([...first, ...second])[0]?.run.outcome).toBe('success')
  })

  it('repeated with another status are the same whatever came first', () => {
    const [one] = spansOf(pipeline('p', {}, [step('a')])) as [RecognizedSpan]
    const other: RecognizedSpan = {
      ...one,
      statusCode: 2,
      outcome: 'failure',
      errorType: 'E',
      failureKind: 'exception',
      failureRule: 'exception',
    }
    expect(analyze([one, other])).toEqual(analyze([other, one]))
  })

  it('that a framework marked as waiting on the node only leave the run waiting', () => {
    const paused = pipeline('p', {}, [step('a'), step('approve', failing('GraphInterrupt', '[{"value":"ok?"}]'))])
    expect(analyzed(paused).run.outcome).toBe('waiting')
  })
})

describe('what only order in time suggests', () => {
  it('never beats the failing unit with a cause of its own', () => {
    const other = pipeline('p', type, [step('route', {}, [handoff('h', 'route', 'audit_log')]), step('b'), step('c', type)])
    expect(charged(other)).toMatchObject({ seam: 'b→c', kind: 'exception' })
    const empty = tool('search', { attributes: { [SEAMTRACE.toolResultStatus]: 'empty' } })
    expect(charged(pipeline('p', type, [step('one', {}, [empty]), step('two')]))).toMatchObject({ seam: 'start→p', kind: 'exception' })
    const cache = pipeline('p', type, [step('a', type, [tool('cache', failing('Error', 'cache is cold')), tool('db')])])
    expect(charged(cache)).toMatchObject({ seam: 'start→a', kind: 'exception' })
  })

  it('is not certain, what the error names is', () => {
    const quiet = tool('search', { attributes: { [SEAMTRACE.toolResultStatus]: 'empty' } })
    const root = (message: string) => pipeline('p', failing('Error', message), [step('retrieve', failing('Error', message), [quiet])])
    expect(charged(root('nothing to work with'))).toMatchObject({ seam: 'retrieve→search', kind: 'tool_empty', certain: false })
    expect(charged(root('search found no documents'))).toMatchObject({ kind: 'tool_empty', certain: true })
  })

  it('a receiver that takes a part of the payload did not get a cut one', () => {
    const got = (keys: string[], size: number) => ({
      attributes: { [SEAMTRACE.handoffId]: 'h', [SEAMTRACE.stateKeys]: keys, [SEAMTRACE.stateSize]: size },
    })
    const root = (keys: string[]) => {
      const sent = handoff('h', 'a', 'b', 100)
      sent.attributes = { ...sent.attributes, [SEAMTRACE.handoffKeys]: ['id', 'items'] }
      return pipeline('p', type, [step('a', {}, [sent]), step('b', { ...type, ...got(keys, 40) })])
    }
    expect(charged(root(['id']))).toMatchObject({ seam: 'a→b', kind: 'exception' })
    expect(charged(root(['id', 'items']))).toMatchObject({ seam: 'a→b', kind: 'truncated_payload', certain: true })
  })

  it('the child whose error the parent wraps is the one', () => {
    const db = failing('Error', 'db timed out after 5 s')
    const wrapped = failing('Error', `step a failed: ${db.error?.message}`)
    const root = pipeline('p', wrapped, [step('a', wrapped, [tool('cache', failing('Error', 'cache is cold')), tool('db', db)])])
    expect(charged(root)).toMatchObject({ seam: 'a→db', kind: 'tool_timeout' })
  })
})

describe('order of steps', () => {
  it('is found although starts were cut to the millisecond and ends were not', () => {
    const spans = spansOf(pipeline('p', {}, [step('a'), step('b'), step('c')]))
    const [root, ...steps] = spans as [RecognizedSpan, ...RecognizedSpan[]]
    const base = root.startTimeUnixNano
    // really 0.1–0.3, 0.35–0.6 and 0.7–1.2 ms
    const cut = [
      [0n, 300_000n],
      [0n, 600_000n],
      [0n, 1_200_000n],
    ].map(([start, end], index) => ({
      ...(steps[index] as RecognizedSpan),
      startTimeUnixNano: base + (start as bigint),
      endTimeUnixNano: base + (end as bigint),
    }))
    const [{ path, crossings }] = analyze([root, ...cut]) as [AnalyzedRun]
    expect(path).toEqual(['a', 'b', 'c'])
    expect(crossings.map(({ seam }) => seam)).toEqual(['start→a', 'a→b', 'b→c'])
  })

  it('agents inside agents are steps of their own', () => {
    const agent = (name: string, children: Draft[]): Draft => ({
      name: `invoke_agent ${name}`,
      children,
      attributes: { [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.agentName]: name },
    })
    const { crossings } = analyzed(agent('boss', [agent('planner', [agent('researcher', [tool('web')])])]))
    expect(crossings.map(({ seam }) => seam)).toContain('researcher→web')
  })
})

describe('money', () => {
  it('of agents counts only where no call reports any', () => {
    const usage = { [GEN_AI.requestModel]: 'gpt-4o-mini', [GEN_AI.inputTokens]: 1000, [GEN_AI.outputTokens]: 100 }
    const agent = (children: Draft[]): Draft => ({
      name: 'invoke_agent a',
      children,
      attributes: { [GEN_AI.operationName]: 'invoke_agent', ...usage },
    })
    expect(analyzed(pipeline('p', {}, [agent([])])).run).toMatchObject({ inputTokens: 1000, costUsd: 0.00021 })
    expect(analyzed(pipeline('p', {}, [agent([model(), model()])])).run).toMatchObject({ inputTokens: 2000, costUsd: 0.00042 })
  })

  it('reported without tokens counts, and an answer without usage is unpriced', () => {
    const bare = { [GEN_AI.operationName]: 'chat', [GEN_AI.requestModel]: 'gpt-4o-mini' }
    const call = (attributes: Record<string, string | number>): Draft => ({
      name: 'chat',
      children: [],
      attributes: { ...bare, ...attributes },
    })
    expect(analyzed(pipeline('p', {}, [call({ [GEN_AI.cost]: '0.5' })])).run).toMatchObject({ costUsd: 0.5, unpricedCalls: 0 })
    expect(analyzed(pipeline('p', {}, [call({})])).run).toMatchObject({ costUsd: 0, unpricedCalls: 1 })
  })

  it('spent on asking a model the same again is wasted', () => {
    const asked = model({ attributes: { [SEAMTRACE.callInputDigest]: 'same' } })
    const { run } = analyzed(pipeline('p', {}, [step('a', {}, [asked]), step('b', {}, [asked])]))
    expect(run.wastedUsd).toBeCloseTo(run.costUsd / 2, 12)
  })
})

describe('a run', () => {
  it('says in its story which check said no, also when no seam can be charged', () => {
    expect(analyzed(pipeline('p', {}, [step('a'), check('policy', no('a'))])).run.story).toContain('policy')
    expect(analyzed(pipeline('p', {}, [step('a'), check('quality', no('result'))])).run.story).toContain('quality said no')
    expect(analyzed(pipeline('p', {}, [step('a', {}, [check('policy', no(''))]), step('b')])).run.story).toContain('policy said no')
  })

  it('ends with its root, whatever went on in the background', () => {
    const spans = spansOf(pipeline('p', {}, [step('a', {}, [tool('t')])]))
    const late = spans.map((span) => (span.type === 'tool' ? { ...span, endTimeUnixNano: span.endTimeUnixNano + 60_000_000_000n } : span))
    expect(analyze(late)[0]?.run.durationMs).toBe(analyze(spans)[0]?.run.durationMs)
  })
})
