// A program that makes spans until it is killed, and prints how many it has made.
import { setTimeout as sleep } from 'node:timers/promises'
import { provide } from './outage.fixture.ts'

const [endpoint = '', spool = ''] = process.argv.slice(2)
const { make, made } = provide({ endpoint, spool })
for (;;) {
  make(2)
  console.log(made())
  await sleep(10)
}
