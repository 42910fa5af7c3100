// A function that is called as AWS Lambda calls one: its process is frozen as soon as it has answered.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { startFakeCollector } from './export/outage.fixture.ts'

const SDK = fileURLToPath(new URL('./index.ts', import.meta.url))

// nothing of the process runs after the answer: no timer, no exit
const program = (finallyDo: string): string => `import { writeSync } from 'node:fs'
import { flush, pipeline, start, step } from ${JSON.stringify(SDK)}
start({ service: 'function' })
const handler = async () => {
  try {
    return await pipeline('span-000001', async () => step('span-000002', async () => 'answer'))
  } finally {
    ${finallyDo}
  }
}
writeSync(1, await handler())
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
`

const namesAfterAnswer = async (finallyDo: string): Promise<string[]> => {
  const collector = await startFakeCollector()
  const child = spawn(process.execPath, ['--conditions=seamtrace-source', '--input-type=module', '-e', program(finallyDo)], {
    env: { ...process.env, NODE_OPTIONS: '', OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, SEAMTRACE_SPOOL: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    expect(String((await once(child.stdout, 'data'))[0])).toBe('answer')
    return [...collector.names].sort()
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
    await collector.close()
  }
}

it('its spans are there when it has answered, by flush()', async () => {
  expect(await namesAfterAnswer('await flush()')).toEqual(['span-000001', 'span-000002'])
})

it('without flush() they are not', async () => {
  expect(await namesAfterAnswer('')).toEqual([])
})
