// A fake of Pinecone's data plane: records that are queried, searched, fetched and written, or what a test puts in their place.
import { type FakeServer, type Reply, type Request, serve } from './http-server.ts'

/** What is answered before the index is asked: each once, in order. */
export type PineconeTrouble = { status: number; message?: string }
type Found = { id: string; score: number }
type FakePinecone = FakeServer & { requests: Request[] }

const SEARCH = /^\/records\/namespaces\/[^/]+\/search$/

/** @example const pinecone = await servePinecone([{ id: 'policy-1', score: 0.91 }], [{ status: 503 }]) */
export const servePinecone = async (found: readonly Found[], trouble: readonly PineconeTrouble[] = []): Promise<FakePinecone> => {
  const requests: Request[] = []
  const left = [...trouble]
  const server = await serve(async (request) => {
    requests.push(request)
    const bad = left.shift()
    return bad ? { status: bad.status, body: { code: bad.status, message: bad.message ?? 'not now' } } : answer(found, request)
  })
  return { ...server, requests }
}

const answer = (found: readonly Found[], { path, body, query }: Request): Reply => {
  const asked = (body ?? {}) as { topK?: number; namespace?: string; query?: { topK?: number } }
  const matches = found.slice(0, asked.topK ?? asked.query?.topK)
  if (path === '/query') return { body: { matches, namespace: asked.namespace ?? '', usage: { readUnits: 5 } } }
  if (SEARCH.test(path)) return { body: { result: { hits: matches.map(hitOf) }, usage: { readUnits: 1 } } }
  if (path === '/vectors/fetch') {
    const ids = query.getAll('ids')
    const vectors = found.filter(({ id }) => ids.includes(id)).map(({ id }) => [id, { id, values: [0.1, 0.2] }])
    return { body: { vectors: Object.fromEntries(vectors), namespace: '', usage: { readUnits: 1 } } }
  }
  if (path === '/vectors/upsert') return { body: { upsertedCount: 1 } }
  return { status: 404, body: { code: 5, message: 'not found' } }
}

const hitOf = ({ id, score }: Found): object => ({ _id: id, _score: score, fields: { text: `Passage ${id}` } })
