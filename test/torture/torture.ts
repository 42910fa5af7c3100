// `npm run torture`: fails the collector in every way there is, and proves that what was acknowledged is stored exactly once.
import { runTorture } from './run.ts'

process.exitCode = await runTorture(process.argv.slice(2))
// connections of a client that was cut off may linger
process.exit()
