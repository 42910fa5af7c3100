// `seamtrace analyze` on files of every form, and what it prints.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { LogRecord, RecognizedSpan, Run } from '@seamtrace/schema'
import { afterAll, describe, expect, it } from 'vitest'
import { failing, handoff, model, pipeline, spansOf, step, tool } from '../analyze/spans.fixture.ts'
import { anyValueToJson, attributesToJson } from '../decode/any-value-json.ts'
import { encodeMessage, spansToJson, spansToProtobuf } from '../decode/otlp.fixture.ts'
import { sentLog } from '../recognize/sent-log.fixture.ts'
import { main } from './main.ts'

const folder = mkdtempSync(join(tmpdir(), 'seamtrace-analyze-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
const cli = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
  let out = ''
  let err = ''
  const code = await main(['analyze', ...args], { out: (text) => (out += text), err: (text) => (err += text), env: {} })
  return { code, out, err }
}
const runsOf = async (...files: string[]): Promise<Run[]> => {
  const { code, out, err } = await cli('--json', ...files)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return (JSON.parse(out) as { runs: Run[] }).runs
}

const timeout = failing('TimeoutError', 'orders timed out')
const again = tool('orders', { ...timeout, attributes: { 'seamtrace.attempt.number': 2 } })
const FAILED = spansOf(pipeline('support', timeout, [step('find', timeout, [model(), tool('orders', timeout), again])]))
const GOOD = spansOf(pipeline('support', {}, [step('find'), step('answer', {}, [model(), model()])]), { trace: 2, startMs: 60_000 })

const logsJson = (logs: readonly LogRecord[]): object => ({
  resourceLogs: [
    {
      scopeLogs: [
        {
          logRecords: logs.map(({ traceId, spanId, eventName, attributes, body, timeUnixNano }) => ({
            ...{ traceId, spanId, eventName, timeUnixNano: String(timeUnixNano) },
            ...{ attributes: attributesToJson(attributes), body: anyValueToJson(body) },
          })),
        },
      ],
    },
  ],
})
const verdictOn = (span: RecognizedSpan | undefined): LogRecord =>
  sentLog({
    ...{ traceId: span?.traceId ?? '', spanId: span?.spanId ?? '', event: 'gen_ai.evaluation.result', atMs: 120_000 },
    attributes: { 'gen_ai.evaluation.name': 'correctness', 'gen_ai.evaluation.score.label': 'incorrect' },
  })

const withLength = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
const [failedPb, goodPb] = [spansToProtobuf(FAILED), spansToProtobuf(GOOD)]
const [failedJson, goodJson] = [spansToJson(FAILED), spansToJson(GOOD)]

describe('reads both runs of', () => {
  it.each<[string, Buffer]>([
    ['requests in protobuf, one behind the other', Buffer.concat([failedPb, goodPb])],
    ['requests in protobuf with their lengths before them', Buffer.concat([withLength(failedPb), withLength(goodPb)])],
    ['requests in JSON, one in a line', Buffer.concat([failedJson, Buffer.from('\n'), goodJson, Buffer.from('\n')])],
    ['a list of requests in JSON', Buffer.from(`\n [${failedJson},${goodJson}]`)],
    ['files that were gzipped one by one and put together', Buffer.concat([gzipSync(failedPb), gzipSync(goodPb)])],
  ])('%s', async (_form, bytes) => {
    writeFileSync(at('both'), bytes)
    expect((await runsOf(at('both'))).map(({ outcome }) => outcome)).toEqual(['failure', 'success'])
  })

  it('two files', async () => {
    writeFileSync(at('failed.pb'), failedPb)
    writeFileSync(at('good.json.gz'), gzipSync(goodJson))
    expect((await runsOf(at('good.json.gz'), at('failed.pb'))).map(({ outcome }) => outcome)).toEqual(['failure', 'success'])
  })
})

it('joins a run that is spread over files', async () => {
  const [root, ...below] = GOOD as [RecognizedSpan, ...RecognizedSpan[]]
  writeFileSync(at('root'), spansToProtobuf([root]))
  writeFileSync(at('below'), spansToProtobuf(below))
  const [run, ...others] = await runsOf(at('below'), at('root'))
  expect(others).toEqual([])
  expect(run).toMatchObject({ provisional: false, outcome: 'success', steps: [{ name: 'find' }, { name: 'answer' }] })
})

describe('log records', () => {
  const answer = GOOD.find(({ step: name }) => name === 'answer')
  const json = logsJson([verdictOn(answer)])
  const protobuf = encodeMessage('ExportLogsServiceRequest', {
    resourceLogs: [
      {
        scopeLogs: [
          {
            logRecords: [
              {
                ...{ traceId: Buffer.from(answer?.traceId ?? '', 'hex'), spanId: Buffer.from(answer?.spanId ?? '', 'hex') },
                ...{ eventName: 'gen_ai.evaluation.result', timeUnixNano: '1790000120000000000' },
                attributes: [{ key: 'gen_ai.evaluation.score.label', value: { stringValue: 'fail' } }],
              },
            ],
          },
        ],
      },
    ],
  })

  it.each<[string, string, Buffer]>([
    ['JSON', 'x.logs.json', Buffer.from(JSON.stringify(json))],
    ['JSON, told by its content', 'x.json', Buffer.from(JSON.stringify(json))],
    ['protobuf', 'x.logs.otlp', gzipSync(protobuf)],
    ['protobuf, told by its content', 'x.pb', protobuf],
  ])('in %s tell of the spans in another file', async (_form, name, bytes) => {
    writeFileSync(at('good'), goodPb)
    writeFileSync(at(name), bytes)
    expect(await runsOf(at('good'), at(name))).toMatchObject([{ outcome: 'failure', attributedTo: { step: 'answer' } }])
    expect(await cli(at(name))).toMatchObject({
      code: 6,
      out: '',
      err: expect.stringContaining('1 log records that tell of spans in other files'),
    })
  })

  it('may stand in one file of lines with the spans', async () => {
    writeFileSync(at('mixed.jsonl'), `${goodJson}\n${JSON.stringify(json)}\n`)
    expect(await runsOf(at('mixed.jsonl'))).toMatchObject([{ outcome: 'failure' }])
  })
})

describe('what is no OTLP', () => {
  const cases: [string, Buffer | string, string][] = [
    ['text', 'hello\nworld\n', 'it is no OTLP: neither protobuf nor JSON'],
    ['noise', Buffer.from([0, 1, 2, 3, 0xff, 0xfe, 10, 13]), 'it is no OTLP: neither protobuf nor JSON'],
    ['broken protobuf', Buffer.from([0x0a, 0x05, 1, 2, 3]), 'cannot decode OTLP body of 5 bytes'],
    ['half a request', failedPb.subarray(0, failedPb.length - 7), 'cannot decode OTLP body'],
    ['other JSON', '{"name":"x","version":"1"}', 'it is no OTLP: it has neither resourceSpans nor resourceLogs'],
    ['a list of other JSON', '[1,2]', 'the body is not an object'],
    ['metrics', '{"resourceMetrics":[{}]}', 'it holds OTLP metrics, not traces'],
    ['nothing', '', 'it is empty'],
    ['half a gzip', gzipSync(failedPb).subarray(0, 40), 'unexpected end of file'],
  ]

  it.each(cases)('is refused in one line, and nothing is written: %s', async (_what, bytes, reason) => {
    writeFileSync(at('good'), goodPb)
    writeFileSync(at('bad'), bytes)
    const before = readdirSync(folder)
    const { code, out, err } = await cli(at('good'), at('bad'))
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^seamtrace: cannot read [^\n]*bad: [^\n]+\n$/)
    expect(err).toContain(reason)
    expect(readdirSync(folder)).toEqual(before)
  })

  it('nor is a folder', async () => {
    mkdirSync(at('folder'))
    expect(await cli(at('folder'))).toMatchObject({ code: 1, err: expect.stringContaining('folder: it is a directory') })
  })
})

describe('prints', () => {
  it('the story, the tree with every attempt, and the failures', async () => {
    writeFileSync(at('failed'), failedPb)
    const { out } = await cli(at('failed'))
    expect(out).toBe(`support  failure  10 ms  $0.00021
  run 00000000000000000000000000000001-0000000000000001, 2026-09-21 14:13:20 UTC

  Failed after 10 ms at find→orders (tool gap, tool timeout, every attempt used up): orders timed out;
  $0.00021 spent, all wasted.

  x find           execution  failure  8 ms  $0.00021  TimeoutError
    + gpt-4o-mini  model      success  2 ms  $0.00021
    x orders       tool       failure  4 ms            2 attempts
      x attempt 1             failure  2 ms            TimeoutError
      x attempt 2             failure  2 ms            TimeoutError

  ! tool/tool_timeout at find→orders (tool, charged, every attempt used up): orders timed out
`)
  })

  it('handoffs that nobody received', async () => {
    const dropped = spansOf(pipeline('support', {}, [step('find', {}, [handoff('h1', 'find', 'answer')])]))
    writeFileSync(at('dropped'), spansToProtobuf(dropped))
    expect((await cli(at('dropped'))).out).toContain('\n  > find→answer was dropped')
  })

  it('calls of which there is nothing to tell as one line, and a sum of several runs', async () => {
    writeFileSync(at('both'), Buffer.concat([failedPb, goodPb]))
    const { out } = await cli(at('both'))
    expect(out).toMatch(/\+ gpt-4o-mini \(2 times\) +model +success +\d+ ms +\$0\.00042/)
    expect(out).toMatch(/\n2 runs: 1 failure, 1 success; \$0\.00063 spent, \$0\.00021 of it wasted\n$/)
  })

  it('names of spans without what would move the cursor, and what is very long shortened', async () => {
    const hostile = spansOf(pipeline('a\u001b[2Jb', {}, [step(`c\n${'d'.repeat(200)}`)]))
    writeFileSync(at('hostile'), spansToProtobuf(hostile))
    const { out } = await cli(at('hostile'))
    expect(out).not.toContain('\u001b')
    expect(out).toContain(`+ c ${'d'.repeat(45)}…  execution`)
  })

  it('the beginning of a very long run', async () => {
    const long = spansOf(
      pipeline(
        'loop',
        {},
        Array.from({ length: 1_000 }, (_, index) => step(`s${index}`)),
      ),
    )
    writeFileSync(at('long'), spansToProtobuf(long))
    const { out } = await cli(at('long'))
    expect(out).toContain('… and 600 lines more')
    expect(out.split('\n').length).toBeLessThan(420)
  })
})
