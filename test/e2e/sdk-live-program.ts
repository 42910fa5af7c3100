// A program with one run: it goes through steps until it is told to hang in one, or to end. It tells how many steps have ended.
import { setTimeout as sleep } from 'node:timers/promises'
import { pipeline, start, step } from '@seamtrace/sdk'

const [endpoint = '', spool = ''] = process.argv.slice(2)
const seamtrace = start({ service: 'live', endpoint, spool, heartbeatMs: 500, stalledAfterMs: 2_000 })
let order = ''
process.on('message', (message: string) => {
  order = message
})
await pipeline('answer', { runId: `run-${process.pid}` }, async () => {
  for (let steps = 1; order === ''; steps++) {
    await step('look', () => sleep(10))
    process.send?.(steps)
  }
  if (order === 'hang') await step('hang', () => new Promise(() => {}))
})
await seamtrace.shutdown()
process.disconnect?.()
