// The labelled runs with our adapters in place of the instrumentation of others: what was injected is told, control flow is no failure.
import { seamtraceTelemetry } from '@seamtrace/sdk/ai'
import { instrumentMcp } from '@seamtrace/sdk/mcp'
import { beforeAll, describe, expect, it } from 'vitest'
import { ADAPTED } from './faults.ts'
import { figuresOf, missesOf, type Verdict } from './judge.ts'
import { aiSdkWith } from './pipelines/ai-sdk.ts'
import { runGoogle } from './pipelines/google.ts'
import { mcpWith } from './pipelines/mcp.ts'
import { openAIAgentsOnce } from './pipelines/openai-agents.ts'
import { judgeAll } from './run.ts'

const pipelines = {
  mcp: mcpWith(instrumentMcp),
  'ai-sdk': aiSdkWith(seamtraceTelemetry),
  'openai-agents': openAIAgentsOnce(),
  google: runGoogle,
}

// some seconds on a quiet machine; beside other work as long as it takes
const LONG_MS = 1_200_000

let verdicts: Verdict[]
beforeAll(async () => {
  ;({ development: verdicts } = await judgeAll(['development'], '', {
    pipelines,
    faults: ADAPTED,
    seeds: { development: [1], 'hold-out': [] },
  }))
}, LONG_MS)

describe.each(Object.keys(pipelines))('with the adapter of %s', (name) => {
  const own = (): Verdict[] => verdicts.filter(({ label }) => label.pipeline === name)

  it('layer, gap and charged seam are right in 95 of 100 failing runs', () => {
    const { right, failures } = figuresOf(own())
    expect(right / failures, `told wrongly: ${[...missesOf(own()).keys()].join(', ')}`).toBeGreaterThanOrEqual(0.95)
  })

  it('what looks like a failure and is none is told as what it was', () => {
    const wrong = own().filter((verdict) => !verdict.label.truth.failure && verdict.wrong.size > 0)
    expect(wrong.map(({ label, wrong: told }) => `${label.role} ${label.how}: ${[...told].join('; ')}`)).toEqual([])
  })

  it('a model that fails and answers when it is asked again has recovered', () => {
    const passed = own().filter(({ label }) => label.how === 'model_passes')
    expect(passed.filter(({ runs }) => runs[0]?.recovered !== true)).toEqual([])
  })
})
