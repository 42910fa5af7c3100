// A program with a run that never ends, which nothing in the program waits for.
import { pipeline } from '../pipeline.ts'
import { start } from '../start.ts'

const [endpoint = ''] = process.argv.slice(2)
start({ service: 'endless', endpoint, spool: 'off', heartbeatMs: 100 })
void pipeline('endless', () => new Promise(() => {}))
setTimeout(() => {}, 1_000)
