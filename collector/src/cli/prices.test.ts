// Prices by the command line against a running collector: set, used by the analysis, changed for history, removed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Collector, startCollector, urlOf } from '../collector.ts'
import { createLog } from './log.ts'
import { main } from './main.ts'

const folder = mkdtempSync(join(tmpdir(), 'seamtrace-prices-'))
let collector: Collector
let dashboard = ''
let otlp = ''

beforeAll(async () => {
  collector = await startCollector(
    { host: '127.0.0.1', port: 0, otlpHttpPort: 0, otlpGrpcPort: 0, dataDir: join(folder, 'data') },
    createLog(() => {}),
  )
  dashboard = urlOf('127.0.0.1', collector.ports.api)
  otlp = urlOf('127.0.0.1', collector.ports.otlpHttp)
})
afterAll(async () => {
  await collector.close()
  rmSync(folder, { recursive: true, force: true })
})

const cli = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
  let out = ''
  let err = ''
  const code = await main([...args, '--url', dashboard], { out: (text) => (out += text), err: (text) => (err += text), env: {} })
  return { code, out, err }
}

const TRACE = 'c0'.repeat(16)
const send = async (): Promise<void> => {
  const now = BigInt(Date.now()) * 1_000_000n
  const attribute = (key: string, value: string | number) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  })
  const attributes = [
    attribute('gen_ai.operation.name', 'chat'),
    attribute('gen_ai.request.model', 'in-house-7b'),
    attribute('gen_ai.usage.input_tokens', 1_000_000),
    attribute('gen_ai.usage.output_tokens', 100_000),
    attribute('gen_ai.usage.reasoning.output_tokens', 50_000),
    attribute('gen_ai.usage.cache_creation.input_tokens', 200_000),
    attribute('gen_ai.usage.cache_creation.ephemeral_1h_input_tokens', 100_000),
  ]
  const span = {
    traceId: TRACE,
    spanId: '01'.repeat(8),
    name: 'chat',
    kind: 3,
    startTimeUnixNano: `${now}`,
    endTimeUnixNano: `${now + 1000n}`,
    attributes,
  }
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
  const { status } = await fetch(`${otlp}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  expect(status).toBe(200)
}
const money = async (): Promise<{ costUsd: number; unpricedCalls: number } | undefined> => {
  const answer = (await (await fetch(`${dashboard}/api/v1/runs`)).json()) as { items: { costUsd: number; unpricedCalls: number }[] }
  const [run] = answer.items
  return run && { costUsd: run.costUsd, unpricedCalls: run.unpricedCalls }
}
const becomes = (costUsd: number, unpricedCalls = 0) =>
  expect.poll(money, { timeout: 60_000, interval: 100 }).toEqual({ costUsd, unpricedCalls })

it('prices new runs at once, and history with reanalyze', async () => {
  expect(await cli('prices', 'list')).toMatchObject({
    code: 0,
    out: 'the project set no prices of its own\n',
    err: expect.stringContaining('as of'),
  })
  await send()
  await becomes(0, 1)
  const rates = ['--input', '1', '--output', '4', '--reasoning', '10', '--cache-write', '2', '--cache-write-1h', '3']
  expect(await cli('prices', 'set', 'in-house-*', ...rates)).toMatchObject({
    code: 0,
    out: 'set the price of in-house-*\n',
    err: expect.stringContaining('seamtrace reanalyze'),
  })
  const reanalyzed = await cli('reanalyze')
  expect(reanalyzed).toMatchObject({ code: 0, out: expect.stringContaining('1 runs are priced anew') })
  // 800,000 at 1, 100,000 at 2 and at 3, 50,000 at 4 and at 10
  await becomes(0.8 + 0.2 + 0.3 + 0.2 + 0.5)

  const { items } = (await (await fetch(`${dashboard}/api/v1/runs/${TRACE}-${'01'.repeat(8)}/spans`)).json()) as { items: object[] }
  expect(items).toMatchObject([{ costUsd: 2, costSource: 'priced' }])
  const span = await (await fetch(`${dashboard}/api/v1/traces/${TRACE}/spans/${'01'.repeat(8)}`)).json()
  expect(span).toMatchObject({ costUsd: 2, costSource: 'priced' })

  // a name goes before a pattern
  await cli('prices', 'set', 'in-house-7b', '--input', '1', '--output', '1', '--cache-write', '1', '--cache-write-1h', '1')
  await cli('reanalyze')
  await becomes(1.1)
  const listed = await cli('prices', 'list')
  expect(listed.out).toMatch(/^MODEL +PROVIDER +FROM +UNTIL +INPUT +OUTPUT +CACHE WRITE/)
  expect(listed.out).toMatch(/in-house-7b +any +1 +1 /)

  expect(await cli('prices', 'remove', 'in-house-7b')).toMatchObject({ code: 0, out: 'removed the price of in-house-7b\n' })
  await cli('reanalyze')
  await becomes(2)
  expect(await cli('prices', 'remove', 'in-house-7b')).toMatchObject({ code: 1, err: expect.stringContaining('the project set none') })
}, 180_000)

it('takes prices from a file, also as they are listed', async () => {
  const price = {
    model: 'filed',
    rates: { input: 1, output: 2 },
    longAbove: 1000,
    long: { input: 2, output: 4 },
    tiers: { batch: { rates: { input: 0.5, output: 1 } } },
  }
  const file = join(folder, 'prices.json')
  writeFileSync(file, JSON.stringify(price))
  expect(await cli('prices', 'set', '--file', file)).toMatchObject({ code: 0, out: 'set the price of filed\n' })
  const listed = await cli('prices', 'list', '--json')
  expect(JSON.parse(listed.out)).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining(price)]),
    builtIn: { sources: expect.any(Array) },
  })
  writeFileSync(file, listed.out)
  expect(await cli('prices', 'set', '--file', file)).toMatchObject({ code: 0, out: expect.stringContaining('set the price of filed') })
})

describe('a wrong price', () => {
  it.each([
    [['set', 'm', '--input', 'x', '--output', '1'], 'cannot read --input x: write a number of USD'],
    [['set', 'm', '--input', '1'], 'rates.output: it is missing'],
    [['set', 'm', '--input', '1', '--output', '1', '--from', 'monday'], 'from: '],
    [['set', 'm', '--input', '1', '--output', '1', '--from', '2026-02-01', '--until', '2026-01-01'], 'until: is not after from'],
    [['set'], 'say list, set MODEL'],
    [['set', 'm', '--file', 'x'], 'say list, set MODEL'],
    [['set', '--file', 'missing.json'], 'cannot read missing.json'],
    [['nothing'], 'say list, set MODEL'],
  ])('%j is refused with what is wrong', async (args, message) => {
    expect(await cli('prices', ...args)).toMatchObject({ code: 3, out: '', err: expect.stringContaining(message) })
  })

  it('is refused by the API too, whatever it is', async () => {
    const put = async (body: unknown) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${dashboard}/api/v1/prices`, { method: 'PUT', headers, body: JSON.stringify(body) })
      return [answer.status, ((await answer.json()) as { detail?: string }).detail]
    }
    const rates = { input: 1, output: 1 }
    expect(await put({ model: 'm', rates: { ...rates, cached_input: 1 } })).toEqual([
      400,
      expect.stringContaining('rates.cached_input is not a parameter'),
    ])
    expect(await put({ model: 'm', rates: { input: -1, output: 1 } })).toEqual([400, expect.stringContaining('rates.input')])
    expect(await put({ model: '', rates })).toEqual([400, expect.stringContaining('model')])
    expect(await put({ model: 'm', rates, long: rates })).toEqual([400, expect.stringContaining('longAbove')])
    expect(await put({ model: 'm', rates, project: 'other' })).toEqual([400, expect.stringContaining('project')])
  })
})
