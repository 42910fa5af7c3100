// Pipelines on Google's client, as Seamtrace tells of them: what the client hides is visible, and nothing is an error that is none.
import { GoogleGenAI } from '@google/genai'
import { handoff, pipeline, step, tool, Waiting } from '@seamtrace/sdk'
import { instrumentGoogle } from '@seamtrace/sdk/google'
import { afterEach, describe, expect, it } from 'vitest'
import { type GoogleAnswer, serveGoogle } from '../../examples/src/fakes/google.ts'
import { callsOf, runOf, runsOf } from './analyzed.fixture.ts'

const AGENT = 'antigravity-preview-05-2026'
const MODEL = 'gemini-3-pro'

let close = async (): Promise<void> => {}
afterEach(() => close())

const clientOf = async (script: GoogleAnswer[]): Promise<GoogleGenAI> => {
  const google = await serveGoogle(script)
  close = google.close
  const retryOptions = { attempts: 3, initialDelay: 0.001, maxDelay: 0.002 }
  return instrumentGoogle(new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: google.url, retryOptions } }))
}

const register = (result: unknown) => async (): Promise<unknown> => {
  if (result instanceof Error) throw result
  return result
}

type Options = { lookUp?: () => Promise<unknown>; runId?: string; id?: string }

/** Begins the work, or goes on with it, and polls it to its end. */
const watch = (ai: GoogleGenAI, { lookUp = register('in force'), runId, id }: Options = {}): Promise<unknown> =>
  pipeline('regulation-watch', runId === undefined ? {} : { runId }, async () => {
    const report = await step('monitor', { agent: 'antigravity' }, async () => {
      let job = id
        ? await ai.interactions.get(id)
        : await ai.interactions.create({ agent: AGENT, background: true, input: 'What changed?' })
      for (let poll = 0; poll < 8; poll++) {
        if (job.status === 'completed') return job.id
        if (job.status === 'requires_action') {
          const call = job.steps.find(({ type }) => type === 'function_call') as { id: string; name: string }
          if (call.name === 'approve') throw new Waiting('approval')
          const result = String(await lookUp())
          const input = [{ type: 'function_result' as const, name: call.name, call_id: call.id, result }]
          job = await ai.interactions.create({ agent: AGENT, background: true, previous_interaction_id: job.id, input })
        } else if (!['queued', 'in_progress'].includes(job.status)) throw new Error(`the job ended as ${job.status}`)
        job = await ai.interactions.get(job.id)
      }
      throw new Error(`deadline: the job is still ${job.status}`)
    })
    await step('publish', { handoff: handoff('publish', { report }) }, async () => ({ published: true }))
  })

const asks: GoogleAnswer = { tools: [{ name: 'register_api', arguments: { topic: 'packaging' } }] }

describe('work in the background', () => {
  it('is one call for each inference, with the function between them, and no error', async () => {
    const ai = await clientOf([asks, { text: 'Two amendments.' }])
    const run = await runOf(() => watch(ai))
    expect([run.outcome, run.recovered, run.failures]).toEqual(['success', false, []])
    expect(run.steps.map(({ name }) => name)).toEqual(['monitor', 'publish'])
    expect(callsOf(run)).toEqual([`model ${AGENT} success ×1`, 'tool register_api success ×1', `model ${AGENT} success ×1`])
    expect([run.inputTokens, run.outputTokens, run.cachedInputTokens, run.reasoningTokens]).toEqual([210, 100, 80, 60])
  })

  it('shows the requests that the client repeats as attempts', async () => {
    const ai = await clientOf([{ status: 503 }, { text: 'Two amendments.' }])
    const run = await runOf(() => watch(ai))
    expect([run.outcome, run.recovered, callsOf(run)]).toEqual(['success', true, [`model ${AGENT} success ×2`]])
  })

  it.each([
    ['budget_exceeded', 'cost_budget'],
    ['failed', 'provider_error'],
    ['incomplete', 'provider_error'],
  ])('that ends as %s is charged as %s', async (ends, kind) => {
    const ai = await clientOf([{ ends, message: 'it is over' }])
    const run = await runOf(() => watch(ai))
    expect([run.outcome, run.attributedTo?.seam, run.attributedTo?.gap, run.attributedTo?.kind]).toEqual([
      'failure',
      'start→monitor',
      'error',
      kind,
    ])
  })

  it('charges the function that fails, though the program does not tell of it', async () => {
    const ai = await clientOf([asks])
    const closed = new Error('fetch failed: the register is unavailable')
    const run = await runOf(() => watch(ai, { lookUp: () => tool('register_api', register(closed)) }))
    expect([run.attributedTo?.seam, run.attributedTo?.kind]).toEqual(['monitor→register_api', 'tool_unavailable'])
  })

  it('that waits for a person waits, and is one run with what goes on elsewhere', async () => {
    const ai = await clientOf([{ tools: [{ name: 'approve', arguments: {} }], polls: 1 }, { text: 'Done' }])
    const waiting = await runOf(() => watch(ai, { runId: 'run-7' }))
    expect([waiting.outcome, waiting.failures]).toEqual(['waiting', []])
  })

  it('counts its tokens once when another process polls it to its end', async () => {
    const ai = await clientOf([{ text: 'Done', polls: 3 }])
    const [run, ...more] = await runsOf(async () => {
      const begun = await pipeline('regulation-watch', { runId: 'run-8' }, async ({ wait }) => {
        const job = await step('monitor', () => ai.interactions.create({ agent: AGENT, background: true, input: 'Watch' }))
        wait()
        return job
      })
      await watch(ai, { runId: 'run-8', id: begun.id })
    })
    expect(more).toEqual([])
    expect([run?.outcome, run?.inputTokens, run?.failures]).toEqual(['success', 105, []])
  })

  it('that outlives a run which does not wait for it does not change how the run ended', async () => {
    const ai = await clientOf([{ text: 'Done', polls: 3 }])
    const run = await runOf(() =>
      pipeline('regulation-watch', async () => {
        await step('monitor', () => ai.interactions.create({ agent: AGENT, background: true, input: 'Watch' }))
        await step('publish', async () => 'later')
      }),
    )
    expect([run.outcome, run.failures]).toEqual(['success', []])
  })

  it('that is cancelled is no failure', async () => {
    const ai = await clientOf([{ text: 'Done', polls: 9 }])
    const run = await runOf(() =>
      pipeline('regulation-watch', async ({ cancel }) => {
        const { id } = await step('monitor', () => ai.interactions.create({ agent: AGENT, background: true, input: 'Watch' }))
        await step('stop', () => ai.interactions.cancel(id))
        cancel()
      }),
    )
    expect([run.outcome, run.failures]).toEqual(['cancelled', []])
  })
})

describe('generated content', () => {
  const answer = (ai: GoogleGenAI): Promise<unknown> =>
    pipeline('support', () =>
      step('respond', async () => {
        const { text } = await ai.models.generateContent({ model: MODEL, contents: 'Why?' })
        if (!text) throw new Error('nothing to say')
        return text
      }),
    )

  it('shows attempts that the client hides', async () => {
    const ai = await clientOf([{ status: 429 }, { status: 503 }, { text: 'Because.' }])
    const run = await runOf(() => answer(ai))
    expect([run.outcome, run.recovered, callsOf(run)]).toEqual(['success', true, [`model ${MODEL} success ×3`]])
  })

  it.each([
    ['a prompt that is refused', { blocked: 'PROHIBITED_CONTENT' }, 'content_filter'],
    ['an answer that is held back', { finishReason: 'SAFETY' }, 'content_filter'],
    ['an empty answer', { text: '' }, 'empty_output'],
    ['a rate limit', { status: 429, message: 'Quota exceeded' }, 'rate_limited'],
  ])('names %s as the cause of a run that fails for it', async (_what, told, kind) => {
    const ai = await clientOf([told])
    const run = await runOf(() => answer(ai))
    expect([run.outcome, run.attributedTo?.seam, run.attributedTo?.kind]).toEqual(['failure', 'start→respond', kind])
  })
})
