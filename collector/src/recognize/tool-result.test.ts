import { describe, expect, it } from 'vitest'
import { errorOfResult } from './tool-result.ts'

describe('errorOfResult', () => {
  it.each([
    ['an error and nothing else', '{"error": "no such order"}', 'no such order'],
    ['an error with its code', '{"error":{"code":404,"message":"no such order"}}', 'no such order'],
    ['ADK', '{"status":"error","error_message":"no such order"}', 'no such order'],
    ['LangChain in Python', '{"type":"tool","data":{"content":"no such order","status":"error"}}', 'no such order'],
    ['LangChain in JavaScript', '{"output":{"lc":1,"kwargs":{"status":"error","content":"no such order"}}}', 'no such order'],
    ['LangSmith', '{"output":{"content":"{\\"error\\":\\"no such order\\"}","status":"success"}}', 'no such order'],
    ['LlamaIndex', '{"blocks":[{"text":"{\\"error\\":\\"no such order\\"}"}],"is_error":false}', 'no such order'],
    ['Anthropic', '[{"type":"text","text":"{\\"error\\":\\"no such order\\"}"}]', 'no such order'],
    ['MCP', '{"content":[{"type":"text","text":"no such order"}],"isError":true}', 'no such order'],
    ['MCP as OpenLLMetry tells it', '{"result":"no such order","is_error":true}', 'no such order'],
    ['a text in quotes', '"{\\"ok\\":false}"', ''],
  ])('%s', (_title, result, error) => expect(errorOfResult(result)).toBe(error))

  it.each([
    ['a result', '{"order":"A-17","status":"delivered"}'],
    ['a result beside an error', '{"order":"A-17","error":"the price is not known"}'],
    ['an error that is none', '{"error":null,"ok":true}'],
    ['a word about errors', 'Error: this page explains error 404'],
    ['a list of errors that were found', '[{"error":"a"},{"error":"b"}]'],
    ['broken JSON', '{"error":'],
    ['nothing', ''],
    ['a long text', `{"error":"${'x'.repeat(20_000)}"}`],
  ])('%s is none', (_title, result) => expect(errorOfResult(result)).toBeUndefined())

  it('does not go down forever', () => {
    expect(errorOfResult(`${'{"output":'.repeat(2_000)}{"error":"x"}${'}'.repeat(2_000)}`)).toBeUndefined()
  })
})
