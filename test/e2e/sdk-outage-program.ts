// A program that runs a pipeline of three spans again and again until it is told to end, and tells how many it has run.
import { setTimeout as sleep } from 'node:timers/promises'
import { pipeline, start, step, tool } from '@seamtrace/sdk'

const [endpoint = '', spool = ''] = process.argv.slice(2)
const seamtrace = start({ service: 'outage', endpoint, spool })
let runs = 0
let isEnding = false
process.once('message', () => {
  isEnding = true
})
while (!isEnding) {
  await pipeline('answer', {}, () => step('find', () => tool('look', () => 42)))
  runs++
  process.send?.(runs)
  await sleep(20)
}
await seamtrace.shutdown()
process.disconnect?.()
