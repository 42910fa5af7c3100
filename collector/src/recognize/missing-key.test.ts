// Errors about a key that never arrived, with the words and tracebacks that the frameworks send.
import { describe, expect, it } from 'vitest'
import { recognize } from './recognize.ts'
import { type Sent, sentSpan } from './sent.fixture.ts'

const kindOf = (sent: Sent): string => recognize(sentSpan(sent)).failureKind

const traceback = (line: string, key: string): string =>
  `Traceback (most recent call last):\n  File "lib/runnable.py", line 479, in invoke\n    ret = self.func(*args, **kwargs)\n  File "desk.py", line 250, in pay\n    ${line}\n           ~~~~~^^^^^^^^^^\nKeyError: '${key}'\n`

const failed = (more: Record<string, string>, line: string, key: string): Sent => ({
  attributes: more,
  error: `'${key}'`,
  exception: { type: 'KeyError', message: `'${key}'`, stacktrace: traceback(line, key) },
})
const step = { 'traceloop.span.kind': 'task', 'traceloop.entity.name': 'pay' }
const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'own_orders' }

describe('a key that never arrived', () => {
  it.each([
    'KeyError: "Context variable not found: `customer` in agent \'clerk\'."',
    "Missing required template variable 'Template variable 'customer' not found in inputs dictionary' in description",
    "Input to ChatPromptTemplate is missing variables {'customer'}. Expected: ['customer'] Received: []",
    "missing state key 'customerId'",
  ])('is told by the words of the framework: %s', (error) => {
    expect(kindOf({ attributes: step, error })).toBe('missing_state')
  })

  it('is told by the line of a step that failed', () => {
    expect(kindOf(failed(step, 'return facts["amount"]', 'amount'))).toBe('missing_state')
    expect(kindOf(failed(step, "return facts['amount']", 'amount'))).toBe('missing_state')
  })

  it('is told where the traceback stands in the message', () => {
    const error = `KeyError('amount')${traceback('return {"facts": [state["amount"]]}', 'amount')}`
    expect(kindOf({ scope: 'langsmith', attributes: { 'langsmith.span.kind': 'chain' }, error })).toBe('missing_state')
  })

  it('is not what a step looked up by a value', () => {
    expect(kindOf(failed(step, 'return RATES[currency]', 'EUR'))).toBe('exception')
  })

  it('is in a call only what the run should have given it', () => {
    expect(kindOf(failed(tool, "return context.deps['customer']", 'customer'))).toBe('missing_state')
    expect(kindOf(failed(tool, "return answer.json()['customer']", 'customer'))).toBe('tool_error')
    const retrieval = { 'gen_ai.operation.name': 'retrieval' }
    expect(kindOf(failed(retrieval, "return answer.json()['customer']", 'customer'))).toBe('tool_error')
    expect(kindOf(failed({ 'gen_ai.operation.name': 'chat' }, "return state['customer']", 'customer'))).toBe('provider_error')
  })

  it('is inferred from a line, and certain by words', () => {
    expect(recognize(sentSpan(failed(step, 'return facts["amount"]', 'amount'))).failureRule).toBe('line-lacks-key')
    expect(recognize(sentSpan({ attributes: step, error: "missing state key 'a'" })).failureRule).toBe('error-missing-key')
  })
})
