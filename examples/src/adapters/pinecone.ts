// Pinecone: passages for a question out of an index, and an answer made of what was found.
import { Pinecone } from '@pinecone-database/pinecone'
import { handoff, pipeline, start, step } from '@seamtrace/sdk'
import { instrumentPinecone } from '@seamtrace/sdk/pinecone'

const seamtrace = start({ service: 'pinecone' })

const pinecone = new Pinecone({ apiKey: process.env.PINECONE_API_KEY ?? 'none' })
const host = process.env.PINECONE_HOST
const index = instrumentPinecone(pinecone.index({ name: 'handbook', ...(host && { host }) }))

/** Stands for a model of embeddings. */
const embed = (text: string): number[] => Array.from({ length: 8 }, (_, at) => ((text.charCodeAt(at) || 0) % 32) / 32)

const answer = await pipeline('research-brief', { version: '1.0.0' }, async () => {
  const passages = await step('retrieve', async () => {
    const { matches } = await index.namespace('rules').query({ topK: 3, vector: embed('refunds') })
    return matches.map(({ id }) => id)
  })
  const ticket = handoff('synthesize', { passages }, { mustKeep: ['passages'] })
  return step('synthesize', { handoff: ticket }, (payload) => `an answer out of ${payload.passages.length} passages`)
})

console.log(answer)
await seamtrace.shutdown()
