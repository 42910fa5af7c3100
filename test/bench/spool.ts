// `node test/bench/spool.ts [FOLDER]`: how much the spool acknowledges, at how many writers, and what a sync costs there.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { openSpool } from '../../collector/src/spool/spool.ts'
import { readable } from './measure.ts'

const SECONDS = 3
const root = process.argv[2] ?? tmpdir()

type Result = { appends: number; bytes: number; cpuMs: number; latenciesMs: number[]; p50Ms: number; p99Ms: number; blocks: number }

const run = async (writers: number, bytes: number): Promise<Result> => {
  const dir = mkdtempSync(join(root, 'spool-'))
  const spool = await openSpool({ dir, maxBytes: 2 * 1024 ** 3, keepMs: 0 })
  const rows = Buffer.alloc(bytes, 'a span ')
  const result: Result = { appends: 0, bytes: 0, cpuMs: 0, latenciesMs: [], p50Ms: 0, p99Ms: 0, blocks: 0 }
  const cpu = process.cpuUsage()
  const endMs = performance.now() + SECONDS * 1000
  const write = async (): Promise<void> => {
    for (let startMs = performance.now(); startMs < endMs; startMs = performance.now()) {
      await spool.append(rows, Math.ceil(bytes / 600), 'spans')
      result.latenciesMs.push(performance.now() - startMs)
      result.appends++
    }
  }
  const insert = async (): Promise<void> => {
    for (let block = await spool.nextBlock(); block; block = await spool.nextBlock()) {
      await spool.inserted(block)
      result.blocks++
    }
  }
  const inserting = insert()
  await Promise.all(Array.from({ length: writers }, write))
  const { user, system } = process.cpuUsage(cpu)
  const { p50Ms, p99Ms } = spool.stats().sync
  await spool.close()
  await inserting
  rmSync(dir, { recursive: true })
  result.latenciesMs.sort((a, b) => a - b)
  return { ...result, bytes: result.appends * bytes, cpuMs: (user + system) / 1000, p50Ms, p99Ms }
}

const startOf = async (blocks: number): Promise<number> => {
  const dir = mkdtempSync(join(root, 'spool-'))
  const spool = await openSpool({ dir, maxBytes: 1024 ** 3, maxBlockRows: 1 })
  await Promise.all(Array.from({ length: blocks }, () => spool.append(Buffer.alloc(600), 1, 'spans')))
  await spool.close()
  const startMs = performance.now()
  await (await openSpool({ dir, maxBytes: 1024 ** 3 })).close()
  const tookMs = performance.now() - startMs
  rmSync(dir, { recursive: true })
  return tookMs
}

console.log('writers  append kB  appends/s     MB/s  ack p50/p99 ms  sync p50/p99 ms  CPU s/GB  blocks/s')
for (const bytes of [600, 6_000, 300_000])
  for (const writers of [1, 8, 64]) {
    const { appends, bytes: total, cpuMs, latenciesMs, p50Ms, p99Ms, blocks } = await run(writers, bytes)
    const at = (share: number): string => (latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0).toFixed(2)
    const cells = [
      String(writers).padStart(7),
      (bytes / 1000).toFixed(1).padStart(9),
      readable(appends / SECONDS).padStart(9),
      readable(total / 1e6 / SECONDS).padStart(7),
      `${at(0.5)} / ${at(0.99)}`.padStart(14),
      `${p50Ms.toFixed(2)} / ${p99Ms.toFixed(2)}`.padStart(15),
      readable(cpuMs / 1000 / (total / 1e9)).padStart(8),
      readable(blocks / SECONDS).padStart(8),
    ]
    console.log(cells.join('  '))
  }
console.log(`open a folder with 4,800 blocks: ${readable(await startOf(4_800))} ms`)
