// What becomes of a batch that fails: a trace is put off only where the store answers otherwise.
import { ClickHouseError } from '@clickhouse/client'
import { expect, it } from 'vitest'
import type { Reader } from '../store/touched-traces.ts'
import { deriveTraces } from './derive-batch.ts'

const outOfMemory = new ClickHouseError({ message: 'memory limit exceeded', code: '241', type: 'MEMORY_LIMIT_EXCEEDED' })
const traces = [1, 2, 3].map((number) => ({ project: 'p', traceId: String(number).padStart(32, '0') }))

/** Refuses every reading of spans, and everything else too where it is `out`. */
const storeThatIs = (out: boolean): Reader => {
  const query = () => (out ? Promise.reject(outOfMemory) : Promise.resolve({ json: async () => [{ now: 1 }] }))
  return { client: { exec: () => Promise.reject(outOfMemory), query } } as unknown as Reader
}
const warnings: string[] = []
const contextOf = (store: Reader) => ({
  store,
  log: { info: () => {}, warn: (message: string) => void warnings.push(message) },
  disabledRules: new Set<string>(),
  retentionMs: 1,
  shared: false,
  onLate: () => {},
})

it('gives the traces back that the store refuses one by one while it answers otherwise', async () => {
  expect(await deriveTraces(contextOf(storeThatIs(false)), traces)).toEqual(traces)
  expect(warnings).toHaveLength(3)
})

it('asks once more for a trace alone: the store may just have come back', async () => {
  const store = storeThatIs(false)
  let readings = 0
  const exec = () => (readings++ === 0 ? Promise.reject(outOfMemory) : Promise.resolve({ stream: { toArray: async () => [] } }))
  const client = { ...store.client, exec } as unknown as Reader['client']
  expect(await deriveTraces(contextOf({ ...store, client }), traces.slice(0, 1))).toEqual([])
  expect(readings).toBeGreaterThan(1)
})

it('fails when the store refuses everything, whatever it says: the traces are not to blame', async () => {
  await expect(deriveTraces(contextOf(storeThatIs(true)), traces)).rejects.toThrow('memory limit exceeded')
})
