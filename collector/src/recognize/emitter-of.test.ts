// Which emitter a span is of, and what holds of every emitter whatever it is sent.
import type { Attributes, Span } from '@seamtrace/schema'
import { SPAN_TYPES } from '@seamtrace/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributeValue, span } from '../store/span.fixture.ts'
import { EMITTERS, emitterOf } from './emitter-of.ts'
import { recognize } from './recognize.ts'
import { sentSpan } from './sent.fixture.ts'

describe('the emitter', () => {
  it.each([
    ['@arizeai/openinference-instrumentation-langchain', 'openinference'],
    ['@arizeai/openinference-instrumentation-openai-agents', 'openai_agents'],
    ['openinference.instrumentation.crewai', 'crewai'],
    ['openinference.instrumentation.llama_index', 'openinference'],
    ['com.anthropic.sdk.typescript.bedrock', 'anthropic'],
    ['com.anthropic.claude_code', 'claude_code'],
    ['agent_framework', 'agent_framework'],
    ['gen_ai', 'vercel_ai'],
    ['ai', 'vercel_ai_legacy'],
    ['aiohttp', 'otel'],
    ['', 'otel'],
    ['__proto__', 'otel'],
  ])('of scope %s is %s', (scope, name) => expect(emitterOf(sentSpan({ scope })).name).toBe(name))

  it.each(EMITTERS.flatMap(({ name, marks }) => marks.map((mark) => [mark, name] as const)))('of a span with %s is %s', (mark, name) => {
    // our own kind has to be one: it is read before this is asked
    if (name !== 'seamtrace') expect(emitterOf(sentSpan({ attributes: { [mark]: 'x' } })).name).toBe(name)
  })

  it('is not looked for by marks in a scope of OpenTelemetry itself', () => {
    const attributes = { 'http.request.method': 'GET', 'traceloop.workflow.name': 'w' }
    expect(emitterOf(sentSpan({ scope: '@opentelemetry/instrumentation-http', attributes })).name).toBe('http')
    expect(emitterOf(sentSpan({ scope: 'opentelemetry.instrumentation.httpx', attributes })).name).toBe('http')
    expect(emitterOf(sentSpan({ scope: 'opentelemetry.instrumentation.openai.v1', attributes })).name).toBe('openllmetry')
  })

  it('stays the same after thousands of other scopes', () => {
    for (let round = 0; round < 2; round++)
      for (let n = 0; n < 3_000; n++) expect(emitterOf(sentSpan({ scope: `@traceloop/n${n}` })).name).toBe('openllmetry')
    expect(emitterOf(sentSpan({ scope: 'langsmith' })).name).toBe('langsmith')
  })

  it('has a name of its own', () => expect(new Set(EMITTERS.map(({ name }) => name)).size).toBe(EMITTERS.length))
})

const KEYS = [
  ...new Set(EMITTERS.flatMap(({ marks, keys }) => [...marks, ...Object.values(keys).flat()])),
  'metadata',
  'tag.tags',
  'attempt',
  'adk.node.attempt',
  'http.request.resend_count',
  'decision',
  'success',
]
const NAMES =
  'autogen process,execute_tool ,call_llm,node.execute,claude_code.tool,edge_group.process,ai.toolCall,.handoff,handoff to,goto'.split(',')
const WORDS = [
  'LLM',
  'CHAIN',
  'TOOL',
  'AGENT',
  'chain',
  'task',
  'tool',
  'handoff',
  'chat',
  'execute_tool',
  'workflow_step',
  '{"langgraph_node":',
  '[1',
  'true',
]

/** Spans that look like some emitter's, with any value where it would send another. */
const anySpan: fc.Arbitrary<Span> = fc
  .tuple(
    span,
    fc.constantFrom('my.program', ...EMITTERS.flatMap(({ scopes }) => scopes.map((scope) => scope.replace('*', 'x')))),
    fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 300 })),
    fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.oneof(attributeValue, fc.constantFrom(...WORDS))), { maxLength: 12 }),
  )
  .map(([sent, scopeName, name, known]) => ({
    ...sent,
    scopeName,
    name,
    attributes: new Map([...sent.attributes, ...known]) as Attributes,
  }))

describe('whatever is sent', () => {
  it('is recognized, the same way twice, and stays as it came', () => {
    fc.assert(
      fc.property(anySpan, (sent) => {
        const before = structuredClone(sent)
        const recognized = recognize(sent)
        expect(recognize(sent)).toEqual(recognized)
        expect(sent).toEqual(before)
        expect(recognized.attributes).toBe(sent.attributes)
      }),
      { numRuns: 2_000 },
    )
  })

  it('has a type, texts where texts belong, and bounded names', () => {
    fc.assert(
      fc.property(anySpan, (sent) => {
        const found = recognize(sent)
        expect(SPAN_TYPES).toContain(found.type)
        const { step, agent, tool, pipeline, provider, runId, retryOf, sessionId, userId, responseId } = found
        const { handoffFrom, handoffTo, handoffStatus, verdict } = found
        const names = {
          step,
          agent,
          tool,
          pipeline,
          provider,
          runId,
          retryOf,
          sessionId,
          userId,
          responseId,
          handoffFrom,
          handoffTo,
          handoffStatus,
          verdict,
        }
        for (const [field, name] of Object.entries(names)) {
          expect(typeof name, field).toBe('string')
          expect(name.length, field).toBeLessThanOrEqual(200)
        }
        for (const number of [found.attempt, found.resends]) expect(Number.isInteger(number) && number >= 0).toBe(true)
        expect(found.resends).toBeLessThanOrEqual(1_000)
        expect(['success', 'failure', 'waiting', 'cancelled']).toContain(found.outcome)
        if (found.outcome !== 'failure' && found.failureKind === 'exception') expect.fail('a good span has an exception')
      }),
      { numRuns: 2_000 },
    )
  })
})
