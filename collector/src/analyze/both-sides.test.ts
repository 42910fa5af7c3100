// One call told by its client and by its server: MCP in two processes.
import type { RecognizedSpan } from '@seamtrace/schema'
import { expect, it } from 'vitest'
import { recognize } from '../recognize/recognize.ts'
import { type Sent, sentSpan } from '../recognize/sent.fixture.ts'
import { analyze } from './analyze.ts'

const METHOD = 'mcp.method.name'
const spanOf = (spanId: string, parentSpanId: string, from: bigint, to: bigint, sent: Sent): RecognizedSpan =>
  recognize({ ...sentSpan(sent), spanId, parentSpanId, startTimeUnixNano: from, endTimeUnixNano: to })
const root = spanOf('01', '', 1n, 100n, { scope: 'desk', name: 'handle_ticket' })
const client = (spanId: string, from: bigint): RecognizedSpan =>
  spanOf(spanId, '01', from, from + 10n, {
    scope: 'mcp-python-sdk',
    name: 'MCP send tools/call get_order',
    kind: 'client',
    attributes: { [METHOD]: 'tools/call' },
  })
const server = (spanId: string, parent: string, from: bigint, error = ''): RecognizedSpan =>
  spanOf(spanId, parent, from, from + 5n, {
    scope: 'mcp-python-sdk',
    name: 'tools/call get_order',
    kind: 'server',
    attributes: { [METHOD]: 'tools/call', 'gen_ai.tool.name': 'get_order', ...(error && { 'error.type': error }) },
    ...(error && { error }),
  })
const callsOf = (...spans: RecognizedSpan[]) =>
  analyze([root, ...spans]).flatMap(({ run }) => run.calls.map(({ name, outcome, attempts }) => [name, outcome, attempts.length]))

it('is one call', () => {
  expect(callsOf(client('02', 10n), server('03', '02', 12n))).toEqual([['get_order', 'success', 1]])
})

it('failed where the server says so in a good answer', () => {
  expect(callsOf(client('02', 10n), server('03', '02', 12n, 'tool_error'))).toEqual([['get_order', 'failure', 1]])
})

it('is the call also where the client tells nothing', () => {
  expect(callsOf(server('03', '01', 12n))).toEqual([['get_order', 'success', 1]])
})

it('what the two sides tell each other beside the work is no run', () => {
  const talk = spanOf('09', '', 5n, 6n, {
    name: 'notifications/initialized',
    kind: 'server',
    attributes: { [METHOD]: 'notifications/initialized' },
  })
  expect(analyze([{ ...talk, traceId: 'f'.repeat(32) }])).toEqual([])
})
