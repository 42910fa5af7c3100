// The disk is full, and free again: of the spool, of the engine.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pause, request, until } from '../http.ts'
import { ingestOf } from '../read-back.ts'
import { createRig, takesAgain } from '../rig.ts'
import { type Context, expectThat, type Report, type Scenario } from '../scenario.ts'

/** Beyond this it has not recovered by itself. */
const RECOVERY_MS = 15_000
const MEGABYTE = Buffer.alloc(1024 * 1024)

type Disk = { folder: 'spool' | 'engine'; megabytes: number }

const scenarioOf = ({ folder, megabytes }: Disk): Scenario => ({
  name: `disk-full-${folder}`,
  what: `the disk of the ${folder} (${megabytes} MiB) is filled and freed again under load`,
  run: async (context, report) => {
    report.skipped = whyNot()
    if (report.skipped === null) await fillAndFree(context, report, { folder, megabytes })
  },
})

export const diskFullSpool = scenarioOf({ folder: 'spool', megabytes: 64 })
export const diskFullEngine = scenarioOf({ folder: 'engine', megabytes: 512 })

const whyNot = (): string | null => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux, to mount a small disk'
  const tried = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt'])
  return tried.status === 0 ? null : `cannot mount a small disk here: ${tried.stderr ?? tried.error}`
}

const fillAndFree = async (context: Context, report: Report, { folder, megabytes }: Disk): Promise<void> => {
  const cycles = context.sized(3, 20)
  const rig = await createRig(context, report)
  const mountPoint = join(rig.dataDir, folder)
  mkdirSync(mountPoint)
  // visible to this process and its children only, and gone with them
  const mount = `mount -t tmpfs -o size=${megabytes}m tmpfs "$0" && exec "$@"`
  const life = await rig.begin({}, (command) => ['unshare', '-m', 'sh', '-c', mount, mountPoint, ...command])
  const disk = `/proc/${life.pid}/root${mountPoint}`
  const load = rig.load({ payloadsPerSecond: 15, maxPauseMs: 100 })
  const recoveriesMs: number[] = []
  for (let cycle = 1; cycle <= cycles; cycle++) {
    context.progress(`full disk ${cycle} of ${cycles}`)
    expectThat(report, await takesAgain(rig.oracle), `nothing is acknowledged before the disk is full for time ${cycle}`)
    const before = refusals(rig.oracle.counts().answers)
    await fill(disk)
    if (folder === 'spool') {
      const isRefused = await until(() => refusals(rig.oracle.counts().answers) > before, 10_000)
      expectThat(report, isRefused, 'nothing is refused with 503 while the disk of the spool is full')
    } else await pause(2_000)
    const health = await request(`${life.api}/healthz`).then(({ status }) => status)
    expectThat(report, health === 200, `/healthz answers ${health} while the disk is full`)
    await ingestOf(life.api).catch(() => report.failures.push('reading fails while the disk is full'))
    free(disk)
    const freedMs = Date.now()
    expectThat(report, await takesAgain(rig.oracle, RECOVERY_MS), `nothing is acknowledged ${RECOVERY_MS} ms after the disk was freed`)
    recoveriesMs.push(Date.now() - freedMs)
  }
  expectThat(report, life.isAlive(), 'the collector ended')
  Object.assign(report.figures, { cycles, 'recovered max ms': Math.max(...recoveriesMs) })
  await rig.judge(load)
}

const refusals = (answers: Record<string, number>): number => answers['503'] ?? 0

/** To the last byte, for a while: what others free meanwhile is taken too. */
const fill = async (disk: string): Promise<void> => {
  const file = openSync(join(disk, 'fill'), 'w')
  try {
    const untilMs = Date.now() + 1_500
    while (Date.now() < untilMs) {
      if (!writeSome(file, MEGABYTE) && !writeSome(file, MEGABYTE.subarray(0, 4096))) await pause(20)
    }
  } finally {
    closeSync(file)
  }
}

const writeSome = (file: number, bytes: Buffer): boolean => {
  try {
    return writeSync(file, bytes) > 0
  } catch {
    return false
  }
}

const free = (disk: string): void => rmSync(join(disk, 'fill'), { force: true })
