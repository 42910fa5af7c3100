// OpenAI's client, seen without a line of code: node --import @seamtrace/sdk/register openai.ts
import { pipeline, step } from '@seamtrace/sdk'
import OpenAI from 'openai'

const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY ?? 'local', baseURL: `${process.env.MODEL_URL}/v1` })

const summary = await pipeline('complaints', () =>
  step('summarize', { layer: 'execution' }, async () => {
    const completion = await openai.chat.completions.create({
      model: 'gpt-4.1-mini',
      messages: [{ role: 'user', content: 'Summarize: "My parcel came on Tuesday." "Mine too, a day late."' }],
    })
    return completion.choices[0]?.message.content ?? ''
  }),
)
console.log(summary)
