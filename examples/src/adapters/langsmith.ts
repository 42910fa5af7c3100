// Feedback of LangSmith decides how a run of Seamtrace ended: a person says later that the answer was wrong.
import { pipeline, start, step } from '@seamtrace/sdk'
import { scoreFromFeedback } from '@seamtrace/sdk/langsmith'
import { Client } from 'langsmith'

const seamtrace = start({ service: 'langsmith' })
const client = new Client({ apiUrl: process.env.LANGSMITH_URL ?? 'http://localhost:1984', apiKey: process.env.LANGSMITH_API_KEY ?? 'none' })

const runId = await pipeline('support-answers', { version: '1.0.0' }, async (run) => {
  await step('answer', () => 'refunds take 3 days')
  return run.runId
})

const feedback = await client.createFeedback({
  runId: 'c2b5d3a0-7a51-4f0e-9d3c-2f6f6b1c9a10',
  sessionId: '0d0f7a4e-55a1-4b7f-8f0a-5b1d6d0c3e21',
  key: 'correct',
  score: 0.2,
  comment: 'it is 14 days',
})
scoreFromFeedback(feedback, { run: runId, of: 'answer', thresholds: { correct: 0.5 } })

console.log(`judged ${feedback.key} ${feedback.score}`)
await seamtrace.shutdown()
