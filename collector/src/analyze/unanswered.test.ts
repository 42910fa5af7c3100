// Agents that stay in charge to the end and never tell an error themselves: Claude Code.
import { GEN_AI, type RecognizedSpan } from '@seamtrace/schema'
import { expect, it } from 'vitest'
import { analyze } from './analyze.ts'
import { attempt, type Draft, failing, human, model, spansOf, tool } from './spans.fixture.ts'

const agent = (name: string, children: Draft[]): Draft => ({
  name: `invoke_agent ${name}`,
  children,
  attributes: { [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.agentName]: name },
})
const of = (emitter: string, children: Draft[]) =>
  analyze(spansOf(agent('clerk', children)).map((span): RecognizedSpan => ({ ...span, emitter }))).map(({ run }) => run)[0]

const limited = failing('rate_limit_error', 'slow down')

it('an interaction whose last inference failed has no answer, and failed', () => {
  expect(of('claude_code', [model(), tool('t'), model(limited)])).toMatchObject({
    outcome: 'failure',
    attributedTo: { seam: 'start→clerk', kind: 'rate_limited' },
  })
})

it('it went past a failed inference after which another answered, and past a tool that failed', () => {
  expect(of('claude_code', [model(limited), model()])).toMatchObject({ outcome: 'success', recovered: true })
  expect(of('claude_code', [model(), tool('t', limited)])).toMatchObject({ outcome: 'success' })
})

it('agents of which another answer may have come unseen are as they say', () => {
  expect(of('openinference', [model(), model(limited)])).toMatchObject({ outcome: 'success' })
})

it('a subagent works inside the step of the agent that asked it', () => {
  const run = of('claude_code', [model(), agent('accountant', [model()]), model()])
  expect(run?.steps.map(({ name, parent }) => [name, parent])).toEqual([
    ['clerk', ''],
    ['accountant', 'clerk'],
  ])
  expect(run?.handoffs.map(({ from, to }) => `${from}→${to}`)).toEqual(['start→clerk', 'clerk→accountant'])
})

it('a tool that a person forbade was not called', () => {
  const asked = (decision: string) => human('permission', { attributes: { 'seamtrace.human.decision': decision } })
  const denied: Draft = { ...tool('pay'), children: [asked('rejected')] }
  const allowed: Draft = { ...tool('pay'), children: [asked('approved'), attempt(1)] }
  const callsOf = (child: Draft, emitter = 'claude_code') => of(emitter, [model(), child, model()])?.calls.map(({ type }) => type)
  expect(callsOf(denied)).toEqual(['model', 'human', 'model'])
  // elsewhere the tool itself may have asked
  expect(callsOf(denied, 'seamtrace')).toEqual(['model', 'tool', 'human', 'model'])
  expect(callsOf(allowed)).toEqual(['model', 'tool', 'human', 'model'])
})
