// `node test/emitters/replay.ts [--update-gaps] [name …]`: prints where the answer differs from the truth, or writes known-gaps.json anew.
import { captureNames, runsOf, truthOf } from './captures.ts'
import { differences } from './compare.ts'
import { updateGaps } from './known-gaps.ts'

const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing'

const args = process.argv.slice(2)
if (args.includes('--update-gaps')) console.log(`${updateGaps()} fields differ from the truth; see known-gaps.json`)
else
  for (const name of captureNames().filter((capture) => args.length === 0 || args.some((part) => capture.includes(part)))) {
    const found = differences(truthOf(name), runsOf(name))
    console.log(`${name}: ${found.length === 0 ? 'as it was' : ''}`)
    for (const { field, truth, answer } of found) console.log(`  ${field}: ${shown(truth)} was, ${shown(answer)} is told`)
  }
