import { GEN_AI } from '@seamtrace/schema'
import { expect, it } from 'vitest'
import { analyze } from './analyze.ts'
import { type Draft, model, pipeline, spansOf, tool } from './spans.fixture.ts'

const agent = (...children: Draft[]): Draft => ({
  name: 'invoke_agent support',
  children,
  attributes: { [GEN_AI.operationName]: 'invoke_agent', [GEN_AI.agentName]: 'support' },
})
const asks = (name: string, order?: string): Draft =>
  tool(name, order === undefined ? {} : { attributes: { 'gen_ai.tool.call.arguments': JSON.stringify({ order }) } })
const told = (draft: Draft, disabled: string[] = []) => {
  const { run } = analyze(spansOf(draft), { disabledRules: new Set(disabled) })[0] as ReturnType<typeof analyze>[number]
  return [run.outcome, run.attributedTo?.seam ?? '', run.attributedTo?.kind ?? '', run.attributedTo?.certain ?? true]
}
const SUCCESS = ['success', '', '', true]

it('an agent that ended on the very call which it had been answered before was stopped by its budget', () => {
  const circle = agent(model(), asks('get_order', 'A-17'), model(), asks('get_order', 'A-17'))
  expect(told(circle)).toEqual(['failure', 'start→support', 'step_budget', false])
  expect(told(circle, ['ended-asking-again'])).toEqual(SUCCESS)
})

it('one that answers, asks for something else, or stops at the first result was not', () => {
  expect(told(agent(model(), asks('get_order', 'A-17'), model(), asks('get_order', 'A-17'), model()))).toEqual(SUCCESS)
  expect(told(agent(model(), asks('get_order', 'A-17'), model(), asks('get_order', 'A-18')))).toEqual(SUCCESS)
  expect(told(agent(model(), asks('get_order', 'A-17'), model(), asks('get_order', 'A-17'), asks('mail', 'A-17')))).toEqual(SUCCESS)
  expect(told(agent(model(), asks('done', 'A-17')))).toEqual(SUCCESS)
  expect(told(agent(model(), asks('get_order', 'A-17'), asks('get_order', 'A-17')))).toEqual(SUCCESS)
})

it('where it is not told what was asked, nobody knows whether it was the same', () => {
  expect(told(agent(model(), asks('get_order'), model(), asks('get_order')))).toEqual(SUCCESS)
})

it('a program around it that ends well went on', () => {
  const circle = agent(model(), asks('get_order', 'A-17'), model(), asks('get_order', 'A-17'))
  const { run } = analyze(spansOf(pipeline('refund', {}, [circle, agent(model())])))[0] as ReturnType<typeof analyze>[number]
  expect([run.outcome, run.recovered]).toEqual(['success', true])
})
