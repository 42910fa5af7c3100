// The dashboard of a collector that asks for keys: it loads, asks for one, and opens with it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Collector, startCollector } from '../../collector/src/collector.ts'
import { openBrowser, openPage } from './browser.ts'

const TOKEN = 'the-token-of-the-operator'
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

let folder: string
let collector: Collector
let url: string
let browser: Awaited<ReturnType<typeof openBrowser>>
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-browser-key-'))
  collector = await startCollector(
    { host: '127.0.0.1', port: 0, otlpHttpPort: 0, otlpGrpcPort: 0, dataDir: join(folder, 'data'), adminToken: TOKEN },
    quiet,
  )
  url = `http://127.0.0.1:${collector.ports.api}`
  browser = await openBrowser()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await collector?.close()
  rmSync(folder, { recursive: true, force: true })
})

const makeKey = async (role: string): Promise<{ id: string; key: string }> => {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
  const reply = await fetch(`${url}/api/v1/keys`, { method: 'POST', headers, body: JSON.stringify({ role }) })
  return (await reply.json()) as { id: string; key: string }
}

test('asks for a key, says what is wrong with one, opens with a good one, and asks again when it is revoked', async () => {
  const [ingest, read] = [await makeKey('ingest'), await makeKey('read')]
  const { page, faults } = await openPage(browser)
  await page.goto(`${url}/runs`)
  const form = page.getByTestId('key-form')
  const paste = async (key: string) => {
    await form.getByLabel('key').fill(key)
    await form.getByRole('button').click()
  }
  await form.getByText('answers only with a key').waitFor()
  expect(await page.getByTestId('forget-key').count()).toBe(0)
  await paste('smt_r_nonsense')
  await form.getByText('does not know this key').waitFor()
  await paste(ingest.key)
  await form.getByText('may not read').waitFor()
  await paste(read.key)
  await page.getByRole('heading', { name: 'Runs' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Runs' }).waitFor()
  expect(await form.count()).toBe(0)

  const headers = { authorization: `Bearer ${TOKEN}` }
  await fetch(`${url}/api/v1/keys/${read.id}`, { method: 'DELETE', headers })
  await form.getByText('it was revoked').waitFor()
  await page.getByTestId('forget-key').click()
  await form.getByText('answers only with a key').waitFor()
  // the refusals are shown by the browser itself, and nothing else went wrong
  expect(faults.filter((fault) => !/^40[13] |status of 40[13]/.test(fault))).toEqual([])
  await page.close()
}, 60_000)
