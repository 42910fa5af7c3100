import { GEN_AI } from '@seamtrace/schema'
import { expect, it } from 'vitest'
import { analyze } from './analyze.ts'
import { type Draft, model, spansOf, tool } from './spans.fixture.ts'

const agent = (...children: Draft[]): Draft => ({
  name: 'invoke_agent support',
  children,
  attributes: { [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.agentName]: 'support' },
})
const toldOf = (...results: string[]): Draft => {
  const parts = results.map((response) => ({ type: 'tool_call_response', id: 'call_1', response }))
  return model({
    attributes: {
      'gen_ai.input.messages': JSON.stringify([
        { role: 'user', parts: [] },
        { role: 'tool', parts },
      ]),
    },
  })
}
const ERROR = '{"error": "order A-404 does not exist"}'
const calls = (...children: Draft[]) => analyze(spansOf(agent(...children)))[0]?.run.calls.map(({ name, outcome }) => `${name} ${outcome}`)
const M = 'gpt-4o-mini success'

it('a tool failed whose result was an error, as the model after it was told', () => {
  expect(calls(model(), tool('get_order'), toldOf(ERROR))).toEqual([M, 'get_order failure', M])
})

it('one that answered did not, nor one that is not the only one which the model was told of', () => {
  expect(calls(model(), tool('get_order'), toldOf('{"order": "A-17", "note": "no error"}'))).toEqual([M, 'get_order success', M])
  const two = [M, 'get_order success', 'get_price success', M]
  expect(calls(model(), tool('get_order'), tool('get_price'), toldOf(ERROR))).toEqual(two)
  expect(calls(model(), tool('get_order'), tool('get_price'), toldOf(ERROR, ERROR))).toEqual(two)
})

it('an error of an earlier turn is told once', () => {
  const again = calls(model(), tool('get_order'), toldOf(ERROR), tool('get_price'), toldOf('{"price": 3}'))
  expect(again).toEqual([M, 'get_order failure', M, 'get_price success', M])
})

it('a conversation that cannot be read says nothing', () => {
  const broken = model({
    attributes: { 'gen_ai.input.messages': '[{"role":"tool","parts":[{"type":"tool_call_response","response":"{\\"error' },
  })
  expect(calls(model(), tool('get_order'), broken)).toEqual([M, 'get_order success', M])
})
