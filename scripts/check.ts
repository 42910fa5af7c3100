// `npm run check`: types, lint and format, directions of imports; all of them run, so that one look shows every fault.
import { spawnSync } from 'node:child_process'

const checks: [string, string[]][] = [
  ['tsc', ['-p', '.']],
  ['biome', ['ci', '.']],
  ['node', ['scripts/check-directions.ts']],
]
const failed = checks.filter(([command, args]) => {
  console.log(`${command} ${args.join(' ')}`)
  return spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status !== 0
})
if (failed.length > 0)
  console.error(
    `${failed.length} of ${checks.length} checks failed: ${failed.map(([command, args]) => `${command} ${args.join(' ')}`).join(', ')}`,
  )
process.exitCode = failed.length > 0 ? 1 : 0
