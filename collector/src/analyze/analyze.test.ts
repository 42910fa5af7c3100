import { SEAMTRACE } from '@seamtrace/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnalyzedRun, analyze } from './analyze.ts'
import { attempt, check, type Draft, failing, handoff, human, model, pipeline, retry, spansOf, step, store, tool } from './spans.fixture.ts'

const only = (root: Draft, disabled?: ReadonlySet<string>): AnalyzedRun => {
  const runs = analyze(spansOf(root, { disabled }), { disabledRules: disabled })
  expect(runs).toHaveLength(1)
  return runs[0] as AnalyzedRun
}

const charged = (root: Draft, disabled?: ReadonlySet<string>) => {
  const { run } = only(root, disabled)
  return { outcome: run.outcome, ...run.attributedTo }
}

const timeout = failing('TimeoutError', 'orders_api timed out after 5000 ms')
const noStatus = failing('TypeError', "cannot read properties of undefined (reading 'amount')")

describe('a run that succeeds', () => {
  const root = pipeline('refund', {}, [
    step('classify', {}, [model()]),
    step('order_status', {}, [tool('orders_api')]),
    step('respond', {}, [model()]),
  ])

  it('tells its steps in order, their layers, and the seams between them', () => {
    const { run, path, crossings } = only(root)
    expect(run.outcome).toBe('success')
    expect(run.steps.map(({ name, layer }) => [name, layer])).toEqual([
      ['classify', 'planning'],
      ['order_status', 'execution'],
      ['respond', 'execution'],
    ])
    expect(path).toEqual(['classify', 'order_status', 'respond'])
    expect(crossings.map(({ kind, seam }) => `${kind} ${seam}`)).toEqual([
      'handoff start→classify',
      'handoff classify→order_status',
      'tool order_status→orders_api',
      'handoff order_status→respond',
    ])
    expect(run.calls.map(({ type, name, step: of }) => [type, name, of])).toEqual([
      ['model', 'gpt-4o-mini', 'classify'],
      ['tool', 'orders_api', 'order_status'],
      ['model', 'gpt-4o-mini', 'respond'],
    ])
    expect(run.attributedTo).toBeNull()
  })

  it('counts tokens and cost of leaf inferences once', () => {
    const { run } = only(root)
    expect(run.inputTokens).toBe(2000)
    expect(run.costUsd).toBeCloseTo(0.00042, 12)
    expect(run.wastedUsd).toBe(0)
  })
})

describe('attempts', () => {
  it('are the tries of one operation when a retry wraps a call', () => {
    const { run } = only(
      pipeline('refund', {}, [
        step('order_status', {}, [
          retry('orders', {}, [attempt(1, timeout, [tool('orders_api', timeout)]), attempt(2, {}, [tool('orders_api')])]),
        ]),
      ]),
    )
    expect(run.outcome).toBe('success')
    expect(run.recovered).toBe(true)
    expect(run.calls).toHaveLength(1)
    expect(run.calls[0]).toMatchObject({ name: 'orders_api', outcome: 'success', recovered: true })
    expect(run.calls[0]?.attempts.map(({ outcome }) => outcome)).toEqual(['failure', 'success'])
    expect(run.failures).toMatchObject([{ seam: 'order_status→orders_api', kind: 'tool_timeout', recovered: true }])
  })

  it('of a step stand below the step', () => {
    const { run } = only(
      pipeline('refund', {}, [
        step('order_status', {}, [attempt(1, timeout, [tool('orders_api', timeout)]), attempt(2, {}, [tool('orders_api')])]),
      ]),
    )
    expect(run.steps[0]?.operations).toHaveLength(1)
    expect(run.steps[0]?.operations[0]?.attempts.map(({ outcome }) => outcome)).toEqual(['failure', 'success'])
    expect(run.calls[0]?.attempts).toHaveLength(2)
  })

  it('hidden in one span count as resends', () => {
    const { run } = only(pipeline('p', {}, [step('a', {}, [model({ attributes: { 'http.request.resend_count': 2 } })])]))
    expect(run.calls[0]?.attempts).toHaveLength(3)
    expect(run.calls[0]?.recovered).toBe(true)
  })

  it('told as sibling steps after an error are the same story', () => {
    const { run } = only(pipeline('p', {}, [step('a', timeout, [tool('t', timeout)]), step('a', {}, [tool('t')]), step('b')]))
    expect(run.steps.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(run.steps[0]?.operations).toHaveLength(1)
    expect(run.steps[0]?.operations[0]?.attempts).toHaveLength(2)
  })

  it('are not made of a loop: coming back through another step is a new visit', () => {
    const { run, path } = only(pipeline('p', {}, [step('write'), step('verify'), step('write'), step('verify')]))
    expect(run.steps[0]?.operations.map(({ visit }) => visit)).toEqual([1, 2])
    expect(path).toEqual(['write', 'verify', 'write', 'verify'])
  })
})

describe('attribution', () => {
  it('charges the deepest failing call that explains its parents', () => {
    const root = pipeline('refund', timeout, [
      step('classify'),
      step('order_status', timeout, [
        retry('orders', timeout, [attempt(1, timeout, [tool('orders_api', timeout)]), attempt(2, timeout, [tool('orders_api', timeout)])]),
      ]),
    ])
    expect(charged(root)).toMatchObject({
      outcome: 'failure',
      seam: 'order_status→orders_api',
      seamKind: 'tool',
      step: 'order_status',
      layer: 'execution',
      gap: 'tool',
      kind: 'tool_timeout',
      certain: true,
    })
    const { run } = only(root)
    expect(run.failures).toHaveLength(1)
    expect(run.failures[0]).toMatchObject({ exhausted: true, recovered: false })
    expect(run.story).toContain('order_status→orders_api')
  })

  it('charges a model failure to the seam into its step', () => {
    const error = { ...failing('500', 'the server had an error'), attributes: { 'http.response.status_code': 500 } }
    expect(charged(pipeline('refund', error, [step('classify', error, [model(error)])]))).toMatchObject({
      seam: 'start→classify',
      seamKind: 'handoff',
      layer: 'planning',
      gap: 'error',
      kind: 'provider_error',
    })
  })

  it('prefers lost state to the exception that follows from it', () => {
    const needs = { attributes: { [SEAMTRACE.stateNeeds]: ['order.amount'], [SEAMTRACE.stateMissingKeys]: ['order.amount'] } }
    const root = pipeline('refund', noStatus, [step('order_status'), step('refund_eligibility', { ...noStatus, ...needs })])
    expect(charged(root)).toMatchObject({ seam: 'order_status→refund_eligibility', gap: 'state', kind: 'missing_state' })
    expect(charged(root, new Set(['receiver-missing-keys']))).toMatchObject({ gap: 'error', kind: 'exception' })
  })

  it('charges a root without a failing child to the start of the pipeline', () => {
    expect(charged(pipeline('refund', noStatus, [step('a')]))).toMatchObject({ seam: 'start→refund', step: '', kind: 'exception' })
  })

  it('charges a handoff that nobody received, and tells a lost one from an unknown target', () => {
    const lost = failing('Error', 'no answer from the desk within 30 s')
    const unknown = failing('UnknownDeskError', 'unknown desk marine_law')
    const root = (error: ReturnType<typeof failing>) =>
      pipeline('triage', error, [step('route', {}, [handoff('h1', 'route', 'partner_desk')])])
    expect(charged(root(lost))).toMatchObject({ seam: 'route→partner_desk', step: 'partner_desk', gap: 'control', kind: 'dropped_handoff' })
    expect(charged(root(unknown))).toMatchObject({ seam: 'route→partner_desk', kind: 'unknown_target' })
  })

  it('charges the producer, not the check, when a check says no to the end', () => {
    const error = failing('VerificationError', 'rejected three times')
    const no = { attributes: { [SEAMTRACE.checkResult]: 'fail' } }
    const root = pipeline('brief', error, [
      step('retrieve'),
      step('synthesize'),
      step('verify', {}, [check('judge', no)]),
      step('synthesize'),
      step('verify', error, [check('judge', no)]),
    ])
    expect(charged(root)).toMatchObject({ seam: 'verify→synthesize', step: 'synthesize', layer: 'execution', kind: 'rejected_by_check' })
  })

  it('finds the swallowed error behind a result that was marked wrong', () => {
    const cut = failing('SyntaxError', 'Unexpected end of JSON input')
    const root = pipeline('brief', {}, [
      step('retrieve', {}, [retry('search', {}, [attempt(1, cut, [tool('vector_search', cut)])])]),
      step('synthesize'),
      check('grounding', { attributes: { [SEAMTRACE.checkResult]: 'fail', [SEAMTRACE.checkTarget]: 'result' } }),
    ])
    expect(charged(root)).toMatchObject({
      outcome: 'failure',
      seam: 'retrieve→vector_search',
      layer: 'context',
      gap: 'error',
      kind: 'swallowed_error',
      certain: false,
    })
    expect(charged(root, new Set(['failed-call-in-good-step'])).seam).not.toBe('retrieve→vector_search')
  })

  it('charges work done twice and stale reads when the result is wrong', () => {
    const audit = check('audit', { attributes: { [SEAMTRACE.checkResult]: 'fail', [SEAMTRACE.checkTarget]: 'result' } })
    const post = tool('ledger', { attributes: { [SEAMTRACE.toolSideEffect]: true, [SEAMTRACE.callInputDigest]: 'abc' } })
    expect(charged(pipeline('billing', {}, [step('reconcile', {}, [post, post]), audit]))).toMatchObject({
      seam: 'reconcile→ledger',
      gap: 'state',
      kind: 'duplicate_work',
    })
    const stale = pipeline('billing', {}, [
      step('match', {}, [store('balance', 'put', 'k', 2)]),
      step('reconcile', {}, [store('balance', 'get', 'k', 1)]),
      audit,
    ])
    expect(charged(stale)).toMatchObject({ seam: 'reconcile→balance', seamKind: 'state', layer: 'state', kind: 'stale_state' })
  })

  it('charges the step that a failing score targets when nothing else failed', () => {
    const score = check('right_desk', { attributes: { [SEAMTRACE.checkResult]: 'fail', [SEAMTRACE.checkTarget]: 'classify' } })
    expect(charged(pipeline('triage', {}, [step('classify'), step('route'), score]))).toMatchObject({
      seam: 'start→classify',
      layer: 'planning',
      gap: 'control',
      kind: 'wrong_route',
      certain: false,
    })
  })

  it('leaves a wrong result without any evidence unattributed', () => {
    const score = check('quality', { attributes: { [SEAMTRACE.checkResult]: 'fail', [SEAMTRACE.checkTarget]: 'result' } })
    const { run } = only(pipeline('p', {}, [step('a'), score]))
    expect(run.outcome).toBe('failure')
    expect(run.attributedTo).toBeNull()
  })
})

describe('what is no failure', () => {
  it('an interrupt waits, and its resume in another trace continues the same attempt', () => {
    const waiting = { attributes: { [SEAMTRACE.runId]: 'r1', [SEAMTRACE.outcome]: 'waiting' } }
    const first = spansOf(
      pipeline('refund', waiting, [
        step('classify'),
        step('human_approval', { attributes: { [SEAMTRACE.outcome]: 'waiting' } }, [human('approve')]),
      ]),
      { trace: 1 },
    )
    const second = spansOf(
      pipeline('refund', { attributes: { [SEAMTRACE.runId]: 'r1' } }, [step('human_approval', {}, [human('approve')]), step('respond')]),
      { trace: 2, startMs: 60_000 },
    )
    expect(analyze(first)[0]?.run.outcome).toBe('waiting')
    const [both, ...others] = analyze([...second, ...first])
    expect(others).toHaveLength(0)
    expect(both?.run).toMatchObject({ runId: 'r1', outcome: 'success', recovered: false })
    expect(both?.run.traceIds).toHaveLength(2)
    expect(both?.run.steps.map(({ name }) => name)).toEqual(['classify', 'human_approval', 'respond'])
    expect(both?.run.steps[1]?.operations[0]?.attempts).toHaveLength(1)
  })

  it('a denied approval is a successful operation', () => {
    const { run } = only(
      pipeline('refund', {}, [
        step('approval', {}, [human('approve', { attributes: { [SEAMTRACE.humanDecision]: 'rejected' } })]),
        step('respond'),
      ]),
    )
    expect(run.outcome).toBe('success')
    expect(run.failures).toEqual([])
  })

  it('frameworks steer by exceptions', () => {
    const { run } = only(pipeline('p', {}, [step('a', failing('ParentCommand', 'goto b')), step('b')]))
    expect(run.outcome).toBe('success')
    expect(run.failures).toEqual([])
  })
})

describe('whatever arrives', () => {
  const names = fc.constantFrom('plan', 'act', 'verify', 'human_review')
  const error = fc.option(fc.constantFrom(timeout, noStatus, failing('', '')), { nil: {} })
  const tree: fc.Arbitrary<Draft> = fc.letrec<{ node: Draft }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.tuple(names, error).map(([name, extra]) => tool(name, extra)),
      fc
        .tuple(fc.constantFrom(step, retry, tool, check, human), names, error, fc.array(tie('node'), { maxLength: 4 }))
        .map(([make, name, extra, children]) => make(name, extra, children)),
      fc
        .tuple(fc.integer({ min: 1, max: 3 }), error, fc.array(tie('node'), { maxLength: 2 }))
        .map(([n, extra, children]) => attempt(n, extra, children)),
    ),
  })).node
  const traces = fc.tuple(error, fc.array(tree, { maxLength: 6 })).map(([extra, children]) => spansOf(pipeline('p', extra, children)))

  it('gives the same answer in any order and with repeats', () => {
    fc.assert(
      fc.property(traces, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (spans, random) => {
        const keyed = [...spans, ...spans.slice(0, 3)].map((span) => ({ span, at: random.next().value as number }))
        const shuffled = keyed.sort((a, b) => a.at - b.at).map(({ span }) => span)
        expect(analyze(shuffled)).toEqual(analyze(spans))
      }),
      { numRuns: 300 },
    )
  })

  it('never throws on lost spans, and a failed run has exactly one charge or none', () => {
    fc.assert(
      fc.property(traces, fc.array(fc.nat()), (spans, lost) => {
        const kept = spans.filter((_, index) => !lost.includes(index))
        for (const { run } of analyze(kept)) {
          if (run.outcome !== 'failure') expect(run.attributedTo).toBeNull()
          if (run.attributedTo) expect(run.attributedTo.seamKind).not.toBe('retry')
          expect(run.wastedUsd).toBeLessThanOrEqual(run.costUsd)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('survives parents in a circle and traces of great depth', () => {
    const [first, second] = spansOf(pipeline('p', {}, [step('a')])) as [ReturnType<typeof spansOf>[0], ReturnType<typeof spansOf>[0]]
    const circle = [{ ...first, parentSpanId: second.spanId }, second]
    expect(analyze(circle)).toHaveLength(1)
    const deep = Array.from({ length: 20_000 }, (_, index) => ({
      ...second,
      spanId: (index + 1).toString(16).padStart(16, '0'),
      parentSpanId: index === 0 ? '' : index.toString(16).padStart(16, '0'),
      type: 'other' as const,
    }))
    expect(analyze([...deep])).toHaveLength(1)
  })
})

it('takes a chain of ten thousand steps inside each other', () => {
  const chain = spansOf(pipeline('deep', {}, [step('a')]))
  const [root, first] = chain as [(typeof chain)[0], (typeof chain)[0]]
  const idOf = (index: number): string => index.toString(16).padStart(16, '0')
  const below = Array.from({ length: 10_000 }, (_, index) => ({ ...first, spanId: idOf(index + 2), parentSpanId: idOf(index + 1) }))
  const [analyzed] = analyze([root, ...below])
  expect(analyzed?.run.steps).toHaveLength(2)
  expect(analyzed?.run.steps[1]?.operations).toHaveLength(9_999)
})
