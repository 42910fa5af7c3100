// On what a benchmark was measured: machine, Node, commit and day.
import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'

export const surroundings = () => ({
  machine: `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB`,
  node: process.version,
  commit: execFileSync('git', ['describe', '--always', '--dirty', '--exclude=*'], { encoding: 'utf8' }).trim(),
  date: new Date().toISOString().slice(0, 10),
})
