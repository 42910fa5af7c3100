// A fake vector store: passages for a query, at times none, an error, or an answer that is cut in the middle.
import { type Injector, subjectIn } from '../faults/injector.ts'
import { type FakeServer, serve } from './http-server.ts'
import type { Pace } from './pace.ts'

type Query = { namespace: string; text: string; topK: number }

export const serveVectorSearch = (injector: Injector, pace: Pace): Promise<FakeServer> =>
  serve(async ({ body }) => {
    const query = body as Query
    const subject = subjectIn(query.text)
    await pace.wait(220)
    if (injector.strikes(subject, 'tool_unavailable'))
      return { status: 503, body: { code: 14, message: 'index is being moved to another pod' } }
    if (injector.strikes(subject, 'tool_empty')) return { body: { matches: [], namespace: query.namespace } }
    const answer = { body: { matches: passages(subject, query), namespace: query.namespace } }
    // Only the second question of a run gets a cut answer, so that the documents are incomplete and not missing.
    if (query.namespace !== 'archive' || !injector.strikes(subject, 'swallowed_error')) return answer
    const whole = JSON.stringify(answer.body)
    return { raw: whole.slice(0, Math.floor(whole.length * 0.6)) }
  })

const passages = (subject: string, { namespace, topK }: Query): object[] =>
  Array.from({ length: topK }, (_, index) => ({
    id: `${namespace}-${subject}-${index + 1}`,
    score: 0.91 - index * 0.06,
    metadata: { text: `Passage ${index + 1} of ${namespace} on ${subject}: the rule applies from the first day of the next quarter.` },
  }))
