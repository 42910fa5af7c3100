// A real process on a real disk, killed again and again.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { drain } from './spool.fixture.ts'
import { openSpool } from './spool.ts'
import { CRASH_POINTS } from './state.ts'

const PROGRAM = fileURLToPath(new URL('./spool-process.fixture.ts', import.meta.url))

const numbersOf = (text: string): number[] => (text.match(/\d+(?=\n)/g) ?? []).map(Number)

const textOf = async (child: ChildProcess): Promise<string> => {
  let text = ''
  for await (const chunk of child.stdout ?? []) text += chunk
  return text
}

/** One life; returns what was acknowledged in it and how it ended. */
const live = async (
  args: string[],
  killAfterMs: number | null,
): Promise<{ acknowledged: number[]; signal: NodeJS.Signals | null; firstMs: number }> => {
  const startMs = performance.now()
  const child = spawn(process.execPath, ['--conditions=seamtrace-source', PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let firstMs = 0
  child.stdout.once('data', () => {
    firstMs = performance.now() - startMs
    if (killAfterMs !== null) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_, signal) => resolve(signal)))
  const acknowledged = numbersOf(await textOf(child))
  return { acknowledged, signal: await ended, firstMs }
}

test('killed 20 times while busy and once at each crash point, it loses no row that was acknowledged', { timeout: 120_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'spool-'))
  try {
    const spoolDir = join(dir, 'spool')
    const acknowledged = new Set<number>()
    const reached = new Set<string>()
    const points = CRASH_POINTS.filter((point) => point !== 'quarantined')
    const plan = [...Array.from({ length: 20 }, () => null), ...points]
    for (const [cycle, point] of plan.entries()) {
      const args = [spoolDir, join(dir, 'store'), String(1 + cycle * 1_000_000), ...(point ? [point, String(1 + (cycle % 3))] : [])]
      // These happen once in a life, the others often.
      if (point?.startsWith('marker') || point === 'leftover-sealed') args[4] = '1'
      const { acknowledged: ids, signal } = await live(args, point ? null : cycle * 3)
      if (point && signal === 'SIGKILL') reached.add(point)
      for (const id of ids) acknowledged.add(id)
    }
    const spool = await openSpool({ dir: spoolDir, maxBytes: 100e6, sealAfterMs: 0 })
    const found = new Set([...numbersOf(await readFile(join(dir, 'store'), 'utf8')), ...(await drain(spool))])
    expect([...acknowledged].filter((id) => !found.has(id))).toEqual([])
    expect(acknowledged.size).toBeGreaterThan(1_000)
    expect([...reached].sort()).toEqual([...points].sort())
    expect(spool.stats()).toMatchObject({ quarantined: { files: 0 }, missing: { files: 0 } })
    await spool.close()
  } finally {
    await rm(dir, { recursive: true })
  }
})
