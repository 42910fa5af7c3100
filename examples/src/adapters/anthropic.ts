// Anthropic's client, which makes its own spans: node --import @seamtrace/sdk/register anthropic.ts
import Anthropic from '@anthropic-ai/sdk'
import { pipeline, step } from '@seamtrace/sdk'

const anthropic = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY ?? 'local', baseURL: process.env.MODEL_URL })

const summary = await pipeline('complaints', () =>
  step('summarize', { layer: 'execution' }, async () => {
    const message = await anthropic.messages.create({
      model: 'claude-opus-4-5',
      max_tokens: 200,
      messages: [{ role: 'user', content: 'Summarize: "My parcel came on Tuesday." "Mine too, a day late."' }],
    })
    return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
  }),
)
console.log(summary)
