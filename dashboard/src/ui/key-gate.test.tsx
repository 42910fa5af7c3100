// What stands in the page when the collector asks for a key, and what is sent once there is one.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { renderToStaticMarkup } from 'react-dom/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError, callApi } from '../lib/api.ts'
import { forgetKey, keepKey, keyHeaders, storedKey } from '../lib/key.ts'
import { ForgetKey, KeyGate } from './key-gate.tsx'

const kept = new Map<string, string>()
beforeEach(() => {
  kept.clear()
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  })
})
afterEach(() => vi.unstubAllGlobals())

/** The page after these answers: an error status, or an answer for null. */
const pageAfter = async (...statuses: (number | null)[]): Promise<string> => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  for (const [index, status] of statuses.entries()) {
    const answer = status === null ? Promise.resolve('answer') : Promise.reject(new ApiError('/runs', status, 'no'))
    await client.prefetchQuery({ queryKey: [index], queryFn: () => answer })
  }
  const page = renderToStaticMarkup(
    <QueryClientProvider client={client}>
      <KeyGate>the page</KeyGate>
      <ForgetKey />
    </QueryClientProvider>,
  )
  client.clear()
  return page
}

test('the page is there while nothing is refused, also when something else goes wrong', async () => {
  expect(await pageAfter()).toBe('the page')
  expect(await pageAfter(null, 500, 404, 0)).toBe('the page')
})

test('one refusal is enough to ask for a key in place of the page', async () => {
  const page = await pageAfter(null, 401, null)
  expect(page).toContain('Paste a read key')
  expect(page).toContain('This collector answers only with a key.')
  expect(page).toContain('type="password"')
  expect(page).not.toContain('the page')
})

test('the form says what was wrong with the key that was given', async () => {
  keepKey('smt_r_old')
  expect(await pageAfter(401)).toContain('does not know this key, or it was revoked')
  expect(await pageAfter(403)).toContain('may not read. Paste one with role read.')
  expect(await pageAfter(401)).not.toContain('smt_r_old')
})

test('a kept key is sent with every request, and can be forgotten', async () => {
  const sent: unknown[] = []
  vi.stubGlobal('fetch', async (_url: string, { headers }: RequestInit) => {
    sent.push(headers)
    return new Response(JSON.stringify({ title: 'Key needed', status: 401, type: 'about:blank', detail: 'd' }), { status: 401 })
  })
  const refused = () => callApi('runs', {}).catch((error: ApiError) => error.status)
  expect(await refused()).toBe(401)
  keepKey('smt_r_1')
  await refused()
  expect(await pageAfter(null)).toContain('forget the key')
  forgetKey()
  await refused()
  expect(sent).toEqual([{}, { Authorization: 'Bearer smt_r_1' }, {}])
  expect(await pageAfter(null)).toBe('the page')
})

test('nothing that no header can carry is sent, and blocked storage breaks nothing', () => {
  for (const key of ['a b', 'schlüssel', 'a\nb', '']) {
    keepKey(key)
    expect(keyHeaders()).toEqual({})
  }
  const blocked = () => {
    throw new Error('denied')
  }
  vi.stubGlobal('localStorage', { getItem: blocked, setItem: blocked, removeItem: blocked })
  expect(keepKey('smt_r_1')).toBe(false)
  expect(storedKey()).toBe(null)
  forgetKey()
})
