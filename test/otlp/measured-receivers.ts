// A process of its own that runs receivers and tells how long its event loop stood still: the sender must not count as the receiver.
import { startTestReceivers } from './receivers.fixture.ts'

export type Measured = {
  /**
   * The longest time of computing between two turns of the event loop. Of the thread and not by the clock: on a machine that is
   * busy with other tests a process waits for its turn, and that says nothing about it.
   */
  stallMs: number
  rssMb: number
  counts: ReturnType<Awaited<ReturnType<typeof startTestReceivers>>['counts']>
  logged: string[]
}
export type Question = 'reset' | 'read' | 'stop' | { sql: string }

const receivers = await startTestReceivers()
let stallMs = 0
let rss = 0
let before = process.threadCpuUsage()
const timer = setInterval(() => {
  const { user, system } = process.threadCpuUsage(before)
  before = process.threadCpuUsage()
  stallMs = Math.max(stallMs, (user + system) / 1000)
  rss = Math.max(rss, process.memoryUsage.rss())
}, 2)

process.on('message', (question: Question) => {
  if (question === 'reset') {
    stallMs = 0
    rss = 0
    process.send?.({ reset: true })
  } else if (question === 'read') {
    process.send?.({ stallMs, rssMb: rss / 2 ** 20, counts: receivers.counts(), logged: receivers.logged } satisfies Measured)
  } else if (typeof question === 'object') {
    void receivers.rows<{ count: number }>(question.sql).then(([row]) => process.send?.(row))
  } else {
    clearInterval(timer)
    void receivers.close().then(() => process.disconnect())
  }
})
process.send?.({ httpUrl: receivers.httpUrl, grpcAddress: receivers.grpcAddress })
