// The scenarios of the Vercel AI SDK with the adapter: what happened is told, also what its own telemetry keeps in one span.
import { createOpenAI } from '@ai-sdk/openai'
import { pipeline, step } from '@seamtrace/sdk'
import { seamtraceTelemetry } from '@seamtrace/sdk/ai'
import {
  APICallError,
  tool as aiTool,
  embed,
  generateText,
  type ModelMessage,
  Output,
  registerTelemetry,
  stepCountIs,
  streamText,
} from 'ai'
import { MockEmbeddingModelV3 } from 'ai/test'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openStage } from './scenarios.fixture.ts'

const stage = await openStage('ai-sdk')
registerTelemetry(seamtraceTelemetry())
const { script } = await import('../emitters/programs/js/frame.ts')
const { aiSdkScenarios, inputSchema, MODEL } = await import('../emitters/programs/js/ai-sdk/scenarios.ts')
afterAll(() => stage.close())

const LONG_MS = 60_000
const openai = createOpenAI({ baseURL: `${stage.modelUrl}/v1`, apiKey: 'sk-none' })
const scenarios = aiSdkScenarios(({ steps, functionId, ...request }) =>
  generateText({ model: openai.chat(MODEL), ...request, stopWhen: stepCountIs(steps), telemetry: { functionId } }),
)

test.each(Object.entries(scenarios))(
  '%s is told as it was',
  async (_name, scenario) => {
    expect(await stage.differencesOf(scenario)).toEqual([])
  },
  LONG_MS,
)

const refund = aiTool({ description: 'Pays money back', inputSchema, needsApproval: true, execute: async () => 'refunded' })
const approve = (messages: ModelMessage[]) =>
  generateText({ model: openai.chat(MODEL), tools: { refund }, messages, stopWhen: stepCountIs(5), telemetry: { functionId: 'support' } })
const ASKS_REFUND = { tools: [{ name: 'refund', arguments: { orderId: 'A-17' } }] }
const REFUND_ME: ModelMessage = { role: 'user', content: 'Refund me' }

const answered = async (approved: boolean): Promise<void> => {
  await script([ASKS_REFUND, { text: 'Done.' }])
  const first = await approve([REFUND_ME])
  const approvals = first.content.flatMap((part) =>
    part.type === 'tool-approval-request' ? [{ type: 'tool-approval-response' as const, approvalId: part.approvalId, approved }] : [],
  )
  await approve([REFUND_ME, ...first.response.messages, { role: 'tool', content: approvals }])
}

describe('what the library keeps to itself', () => {
  test('a tool that needs an approval is a run that waits for a person', async () => {
    await script([ASKS_REFUND])
    const runs = await stage.runsOf(() => approve([REFUND_ME]))
    expect(runs).toMatchObject([{ pipeline: 'support', outcome: 'waiting' }])
    expect(runs[0]?.calls).toContainEqual(expect.objectContaining({ type: 'human', name: 'refund', outcome: 'waiting' }))
  })

  test('an approval that is given joins both calls into one run', async () => {
    const runs = await stage.runsOf(() => answered(true))
    expect(runs).toMatchObject([{ pipeline: 'support', outcome: 'success' }])
    expect(runs[0]?.calls.map(({ type, name, outcome }) => `${type} ${name} ${outcome}`)).toEqual(
      expect.arrayContaining(['human refund success', 'tool refund success']),
    )
  })

  test('a refusal is an answer, and no error', async () => {
    const runs = await stage.runsOf(() => answered(false))
    expect(runs).toMatchObject([{ outcome: 'success', failures: [] }])
  })

  test('an answer that is not in the form that was asked for fails the agent', async () => {
    await script([{ text: 'Sure! Here it is.' }])
    const [told] = await stage.runsOf(() =>
      generateText({
        model: openai.chat(MODEL),
        prompt: 'Where?',
        output: Output.object({ schema: z.object({ place: z.string() }) }),
        telemetry: { functionId: 'locate' },
      }).catch(() => {}),
    )
    expect(told).toMatchObject({ pipeline: 'locate', outcome: 'failure', attributedTo: { seam: 'start→locate', kind: 'exception' } })
  })

  test('structured output is read once, by the library, and what its schema refuses fails the agent', async () => {
    let reads = 0
    const schema = z.object({ place: z.string() }).refine(({ place }) => {
      reads += 1
      return place === 'Rome'
    })
    const locate = (place: string) =>
      stage.runsOf(async () => {
        await script([{ text: JSON.stringify({ place }) }])
        const request = { model: openai.chat(MODEL), prompt: 'Where?', output: Output.object({ schema }) }
        await generateText({ ...request, telemetry: { functionId: 'locate' } }).catch(() => {})
      })
    expect(await locate('Rome')).toMatchObject([{ pipeline: 'locate', outcome: 'success', failures: [] }])
    expect(await locate('Oslo')).toMatchObject([{ pipeline: 'locate', outcome: 'failure' }])
    expect(reads).toBe(2)
  })

  test('structured output of a stream is read when the program asks for it; that it is none is told before', async () => {
    let reads = 0
    const schema = z.object({ place: z.string() }).refine(() => {
      reads += 1
      return true
    })
    const stream = (text: string) =>
      stage.runsOf(async () => {
        await script([{ text }])
        const request = { model: openai.chat(MODEL), prompt: 'Where?', output: Output.object({ schema }) }
        const result = streamText({ ...request, telemetry: { functionId: 'locate' } })
        for await (const _ of result.partialOutputStream);
        await Promise.resolve(result.output).catch(() => {})
      })
    expect(await stream('{ "place": "Rome" }')).toMatchObject([{ outcome: 'success' }])
    expect(await stream('Sure! Rome.')).toMatchObject([{ outcome: 'failure' }])
    expect(reads).toBe(1)
  })

  test('a call of a tool that does not exist, or does not fit, is a tool that failed, though it never ran', async () => {
    await script([{ tools: [{ name: 'refnd', arguments: {} }] }, { text: 'There is no such thing.' }])
    const [told] = await stage.runsOf(() => approve([REFUND_ME]))
    expect(told?.calls.map(({ type, name, outcome }) => `${type} ${name} ${outcome}`)).toContain('tool refnd failure')
  })

  test('embeddings are calls of their own, each try with its tokens', async () => {
    const failing = { values: 0 }
    const model = new MockEmbeddingModelV3({
      modelId: 'text-embedding-3-small',
      provider: 'openai.embedding',
      doEmbed: async ({ values }) => {
        failing.values += 1
        if (failing.values === 1) throw new APICallError({ message: 'busy', url: '', requestBodyValues: {}, statusCode: 503 })
        return { embeddings: values.map(() => [0.1, 0.2, 0.3]), usage: { tokens: 7 }, warnings: [] }
      },
    })
    const [told] = await stage.runsOf(() => pipeline('index', () => step('embed', () => embed({ model, value: 'A-17', maxRetries: 1 }))))
    expect(told).toMatchObject({ outcome: 'success', recovered: true, inputTokens: 7 })
    expect(told?.calls).toMatchObject([{ type: 'embedding', name: 'text-embedding-3-small', outcome: 'success', attempts: [{}, {}] }])
  })

  test('a call that its caller gives up is cancelled', async () => {
    await script([{ text: 'Never read.' }])
    const [told] = await stage.runsOf(() =>
      generateText({
        model: openai.chat(MODEL),
        prompt: 'Where?',
        abortSignal: AbortSignal.abort(),
        telemetry: { functionId: 'locate' },
      }).catch(() => {}),
    )
    expect(told).toMatchObject({ outcome: 'cancelled', failures: [] })
  })

  test('a stream is told to its end, with its retries', async () => {
    await script([{ status: 500 }, { text: 'On its way.' }])
    const [told] = await stage.runsOf(async () => {
      const result = streamText({ model: openai.chat(MODEL), prompt: 'Where?', telemetry: { functionId: 'stream' } })
      for await (const _ of result.textStream);
    })
    expect(told).toMatchObject({ pipeline: 'stream', outcome: 'success', recovered: true, outputTokens: 20 })
    expect(told?.calls.map(({ attempts }) => attempts.length)).toEqual([2])
  })
})
