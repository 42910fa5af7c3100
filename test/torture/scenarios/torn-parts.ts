// The power fails: what the engine had written and not synced is torn, and comes again from the blocks that the spool keeps.
import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../collector-process.ts'
import { pause } from '../http.ts'
import { createRig, takesAgain } from '../rig.ts'
import { type Context, expectThat, type Report, type Scenario } from '../scenario.ts'

export const tornParts: Scenario = {
  name: 'torn-parts',
  what: 'the newest parts of the span table are torn after a kill, as by a power cut',
  run: (context, report) => tearParts(context, report, context.sized(3, 20)),
}

export const tearParts = async (context: Context, report: Report, cycles: number, extra?: Partial<Settings>): Promise<void> => {
  const rig = await createRig(context, report)
  await rig.begin()
  const load = rig.load({ payloadsPerSecond: 15, maxPauseMs: 100 })
  let torn = 0
  for (let cycle = 1; cycle <= cycles; cycle++) {
    context.progress(`power cut ${cycle} of ${cycles}`)
    expectThat(report, await takesAgain(rig.oracle), `nothing is acknowledged after start ${cycle}`)
    await pause(1_000 + context.random() * 500)
    await rig.life().end()
    const parts = newestParts(join(rig.dataDir, 'engine', 'store')).slice(0, 1 + (cycle % 5))
    for (const part of parts) truncateSync(part, statSync(part).size >> 1)
    torn += parts.length
    await rig.begin(extra)
  }
  report.figures['parts torn'] = torn
  expectThat(report, torn > 0, 'no part of the span table was found to tear')
  await rig.judge(load)
}

/** Data files of parts of the span table, the newest first. */
const newestParts = (store: string): string[] =>
  readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === 'data.bin' && !/\/(detached|moving)\//.test(`${entry.parentPath}/`))
    .map((entry) => ({ folder: entry.parentPath, file: join(entry.parentPath, entry.name) }))
    .filter(({ folder }) => /\bstatus_message\b/.test(readFileSync(join(folder, 'columns.txt'), 'utf8')))
    .sort((a, b) => statSync(b.file).mtimeMs - statSync(a.file).mtimeMs)
    .map(({ file }) => file)
