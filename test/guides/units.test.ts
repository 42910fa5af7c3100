// The programs of docs/guides/units.md, run as they stand there against a real collector: it sees what the guide says.
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ExampleCollector, startExampleCollector } from '../examples/example.fixture.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const PATIENCE_MS = 180_000
const folder = mkdtempSync(path.join(tmpdir(), 'seamtrace-units-'))
const at = (name: string): string => path.join(folder, name)

/** What the reader has already; what is saved is kept beside it. */
const BEFORE = `import { start } from '@seamtrace/sdk'
import { writeFileSync } from 'node:fs'
if (process.env.NAME) start({ service: process.env.NAME })
const order = { id: 7, amount: 40 }
Object.assign(globalThis, {
  order,
  fetchOrder: async () => order,
  refund: async (order) => ({ ...order, refunded: true }),
  think: async () => ({ text: 'so', tokens: 100 }),
  db: { save: async (request) => writeFileSync(${JSON.stringify(at('request.json'))}, JSON.stringify(request)) },
})
`
const ANSWER = `import { readFileSync } from 'node:fs'
import { answered } from './block-5.mts'
await answered(JSON.parse(readFileSync(${JSON.stringify(at('request.json'))}, 'utf8')), 'approved')
`
/** The receiver on a port of its own, the sender in a process beside it. */
const BOTH = `import { spawn } from 'node:child_process'
import http from 'node:http'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
const { listen } = http.Server.prototype
const listening = new Promise((resolve) => {
  http.Server.prototype.listen = function () {
    return listen.call(this, 0, '127.0.0.1', () => resolve(this.address().port))
  }
})
await import('./block-3.mts')
const sender = readFileSync(${JSON.stringify(at('block-2.mts'))}, 'utf8').replace('http://refunds.internal/', 'http://127.0.0.1:' + (await listening) + '/')
writeFileSync(${JSON.stringify(at('sender.mts'))}, sender)
const child = spawn(process.execPath, [...process.execArgv, ${JSON.stringify(at('sender.mts'))}], { env: { ...process.env, NAME: 'http' }, stdio: 'inherit' })
const [code] = await once(child, 'exit')
process.kill(process.pid, 'SIGTERM')
process.exitCode = code
`

let collector: ExampleCollector
beforeAll(async () => {
  const blocks = readFileSync(path.join(ROOT, 'docs/guides/units.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)
  for (const [index, [, text = '']] of [...blocks].entries()) writeFileSync(at(`block-${index + 1}.mts`), text)
  for (const [name, text] of Object.entries({ before: BEFORE, answer: ANSWER, both: BOTH })) writeFileSync(at(`${name}.mjs`), text)
  symlinkSync(path.join(ROOT, 'node_modules'), at('node_modules'))
  collector = await startExampleCollector()
}, PATIENCE_MS)
afterAll(async () => {
  await collector?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const run = (name: string, service: string) => collector.run(at(name), { NAME: service }, ['--import', at('before.mjs')])

it('steps, the tool that is tried, and the handoff that arrives', { timeout: PATIENCE_MS }, async () => {
  expect(await run('block-1.mts', 'plain')).toMatchObject({ code: 0, err: '' })
  const [seen] = await collector.runsOf('plain')
  expect(seen).toMatchObject({ outcome: 'success', steps: [{ name: 'look up' }, { name: 'refund' }] })
  expect(seen?.handoffs).toContainEqual(expect.objectContaining({ from: 'look up', to: 'refund', status: 'delivered', inferred: false }))
})

it('a handoff over HTTP is received in the run of its sender', { timeout: PATIENCE_MS }, async () => {
  await run('both.mjs', '')
  const [seen] = await collector.runsOf('http')
  expect(seen).toMatchObject({ outcome: 'success', steps: [{ name: 'look up' }, { name: 'refund' }] })
  expect(seen?.handoffs).toContainEqual(expect.objectContaining({ from: 'look up', to: 'refund', status: 'delivered', inferred: false }))
})

it('a run that waits for a person, and goes on in another process', { timeout: PATIENCE_MS }, async () => {
  expect(await run('block-4.mts', 'people')).toMatchObject({ code: 0, err: '' })
  expect(await collector.runsOf('people')).toMatchObject([{ runId: 'ticket-7', outcome: 'waiting' }])
  expect(await run('answer.mjs', 'people')).toMatchObject({ code: 0, err: '' })
  const whole = async () => (await collector.runsOf('people')).map(({ outcome, steps }) => [outcome, steps.map(({ name }) => name)])
  await expect.poll(whole, { timeout: 60_000 }).toEqual([['success', ['approve', 'refund']]])
})

it('a score that says no makes a failure of the run', { timeout: PATIENCE_MS }, async () => {
  expect(await run('block-6.mts', 'scored')).toMatchObject({ code: 0, err: '' })
  expect(await collector.runsOf('scored')).toMatchObject([{ outcome: 'failure', story: expect.stringContaining('helpful said no') }])
})
