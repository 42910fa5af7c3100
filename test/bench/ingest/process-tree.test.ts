import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { cpuByProcess, sampleTree, totalTreeCpu } from './process-tree.ts'

// a child that lets a child of its own work for 0.1 s, waits for it, tells, and stays
const PARENT = `
const { spawnSync } = require('node:child_process')
const burn = 'const end = process.cpuUsage().user + 100000; while (process.cpuUsage().user < end);'
spawnSync(process.execPath, ['-e', burn])
console.log('done')
setInterval(() => {}, 1000)`

describe.runIf(process.platform === 'linux')('the tree of processes', () => {
  it('counts the time of children that have ended, and only what is below its roots', async () => {
    const child = spawn(process.execPath, ['-e', PARENT], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(child.stdout, 'data')
      const roots = [child.pid ?? 0]
      const samples = sampleTree(roots)
      expect(samples.map(({ pid }) => pid)).toEqual(roots)
      expect(samples[0]?.rssBytes).toBeGreaterThan(10_000_000)
      const cpu = cpuByProcess(samples, roots)
      expect(cpu['ended children']).toBeGreaterThanOrEqual(0.08)
      expect(cpu.main).toBeGreaterThanOrEqual(0)
      expect(totalTreeCpu([process.pid], [process.pid])).toBeGreaterThanOrEqual(0.08)
    } finally {
      child.kill()
    }
  })
})
