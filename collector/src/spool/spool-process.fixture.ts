// A process that lives with a spool until it is killed: appends, tells what was acknowledged, and stores what it is handed.
import { appendFileSync, writeSync } from 'node:fs'
import { idsOf, rowsOf } from './spool.fixture.ts'
import { openSpool } from './spool.ts'

const [dir = '', storePath = '', firstId = '1', crashPoint = '', crashAt = '1'] = process.argv.slice(2)
let crashesLeft = Number(crashAt)
const crash = (point: string): void => {
  if (point === crashPoint && --crashesLeft <= 0) process.kill(process.pid, 'SIGKILL')
}

const spool = await openSpool({ dir, maxBytes: 100e6, sealAfterMs: 5, maxBlockRows: 200, keepMs: 20, crash })
let id = Number(firstId)

const append = async (table: string): Promise<never> => {
  for (;;) {
    const ids = Array.from({ length: 1 + (id % 4) }, () => id++)
    await spool.append(rowsOf(ids), ids.length, table)
    writeSync(1, `${ids.join('\n')}\n`)
  }
}

const insert = async (): Promise<void> => {
  for (let block = await spool.nextBlock(); block; block = await spool.nextBlock()) {
    appendFileSync(storePath, `${idsOf(block.data).join('\n')}\n`)
    await spool.inserted(block)
  }
}

// Once the spool is closed it takes nothing more.
for (let writer = 0; writer < 8; writer++) append(writer < 6 ? 'spans' : 'logs').catch(() => undefined)
// A clean stop on request, to reach the points of one.
setTimeout(() => void spool.close(), 150)
await insert()
