// What must be seen of a vendor's client under register: the call with model and tokens, and the tries that the client hides.
import { fileURLToPath } from 'node:url'
import type { Run } from '@seamtrace/schema'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FakeServer } from '../../examples/src/fakes/http-server.ts'
import { type ExampleCollector, startExampleCollector } from './example.fixture.ts'

const COMMON_JS = fileURLToPath(new URL('./vendors.fixture.cjs', import.meta.url))
const PATIENCE_MS = 180_000
const REGISTER = '@seamtrace/sdk/register'

export type Expected = {
  /** of the example and its service */
  vendor: 'anthropic' | 'openai' | 'bedrock'
  /** a fake that refuses the first request */
  serveBusy: () => Promise<FakeServer>
  call: Partial<Run['calls'][number]>
  /** requests that are spans below the call: the error of each, if any */
  requests: string[]
}

export const testVendor = ({ vendor, serveBusy, call, requests }: Expected): void => {
  let collector: ExampleCollector
  beforeAll(async () => {
    collector = await startExampleCollector()
  }, PATIENCE_MS)
  afterAll(() => collector?.stop())

  const runOf = async (program: string, execArgv: string[], service: string): Promise<Run> => {
    const model = await serveBusy()
    try {
      const env = { MODEL_URL: model.url, OTEL_SERVICE_NAME: service, VENDOR: vendor }
      expect(await collector.run(program, env, execArgv)).toMatchObject({ code: 0, out: 'Parcels arrive a day late.\n', err: '' })
    } finally {
      await model.close()
    }
    const [run] = await collector.runsOf(service)
    if (run === undefined) throw new Error('there is no run')
    return run
  }
  const expectCall = async (run: Run): Promise<void> => {
    expect(run.outcome).toBe('success')
    const models = run.calls.filter(({ type }) => type === 'model')
    expect(models).toHaveLength(1)
    expect(models[0]).toMatchObject({ outcome: 'success', recovered: true, ...call })
    expect(models[0]?.attempts.length).toBe(2)
    const below = (await collector.spansOf(run.runId)).filter(({ name }) => name === 'POST')
    expect(below.map(({ errorType }) => errorType)).toEqual(requests)
  }

  it('the example shows its step, the call and both tries', { timeout: PATIENCE_MS }, async () => {
    const run = await runOf(vendor, ['--import', REGISTER], `${vendor}-esm`)
    expect(run).toMatchObject({ pipeline: 'complaints', steps: [{ name: 'summarize' }] })
    await expectCall(run)
  })

  it('a program in CommonJS shows the same, without a line of ours in it', { timeout: PATIENCE_MS }, async () => {
    await expectCall(await runOf(COMMON_JS, ['--require', REGISTER], `${vendor}-cjs`))
  })
}
