// Stands in for every page while the collector refuses to answer: asks for a key that may read.
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { type FormEvent, type ReactNode, useState, useSyncExternalStore } from 'react'
import { ApiError } from '../lib/api.ts'
import { forgetKey, isSendable, keepKey, storedKey } from '../lib/key.ts'

/** 401: no key, or none of this collector; 403: a key that may not read. */
const isRefusal = (error: unknown): error is ApiError => error instanceof ApiError && (error.status === 401 || error.status === 403)

/** The newest refusal among all that was asked; it stays until the key is another one. */
const refusalIn = (client: QueryClient): ApiError | undefined =>
  client
    .getQueryCache()
    .getAll()
    .map(({ state }) => state.error)
    .findLast(isRefusal)

/** Read anew whenever something was asked or answered. */
const useOfQueries = <T,>(read: (client: QueryClient) => T): T => {
  const client = useQueryClient()
  return useSyncExternalStore(
    (notify) => client.getQueryCache().subscribe(notify),
    () => read(client),
    () => read(client),
  )
}

const reasonOf = (error: ApiError, key: string | null): string => {
  if (error.status === 403) return 'This key may not read. Paste one with role read.'
  return key === null ? 'This collector answers only with a key.' : 'The collector does not know this key, or it was revoked.'
}

const COMMAND = 'seamtrace keys create --role read --key <admin key>'

const KeyForm = ({ reason, onKey }: { reason: string; onKey: () => void }) => {
  const [text, setText] = useState('')
  const [blocked, setBlocked] = useState(false)
  const key = text.trim()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (keepKey(key)) onKey()
    else setBlocked(true)
  }
  return (
    <form onSubmit={submit} data-testid="key-form" className="mx-auto mt-[12vh] max-w-xl">
      <h1 className="flex items-center gap-2.5 text-[1.43rem] font-semibold tracking-[-0.015em]">
        <KeyRound className="size-5 text-accent" aria-hidden="true" /> Paste a read key
      </h1>
      <p role="alert" className="mt-2 text-ink-2">
        {blocked ? 'This browser keeps nothing for this page: allow it to store data here, and try again.' : reason}
      </p>
      <div className="mt-5 flex flex-wrap gap-2">
        <input
          type="password"
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-label="key"
          placeholder="smt_r_…"
          autoComplete="off"
          spellCheck={false}
          className="min-w-0 flex-1 rounded-md border border-line-strong bg-surface px-3 py-1.5 font-mono"
        />
        <button
          type="submit"
          disabled={!isSendable(key)}
          className="rounded-md bg-accent px-3.5 py-1.5 font-medium text-accent-ink disabled:opacity-50"
        >
          Open
        </button>
      </div>
      <p className="mt-4 text-ink-3">
        It is kept in this browser until you forget it. This makes one:
        <code className="mt-1.5 block overflow-x-auto rounded-md bg-sunken px-3 py-2 font-mono text-ink-2 whitespace-nowrap">
          {COMMAND}
        </code>
      </p>
    </form>
  )
}

export const KeyGate = ({ children }: { children: ReactNode }) => {
  const client = useQueryClient()
  const refusal = useOfQueries(refusalIn)
  if (!refusal) return children
  // what was refused before must not be shown again, and what another key has read neither
  return <KeyForm reason={reasonOf(refusal, storedKey())} onKey={() => client.clear()} />
}

/** Only where a key is kept. */
export const ForgetKey = () => {
  if (useOfQueries(storedKey) === null) return null
  const forget = (): void => {
    forgetKey()
    // with everything that was read by it
    location.reload()
  }
  return (
    <button
      type="button"
      onClick={forget}
      aria-label="forget the key"
      title="forget the key"
      data-testid="forget-key"
      className="inline-flex size-8 items-center justify-center rounded-md text-ink-2 hover:bg-hover hover:text-ink"
    >
      <KeyRound className="size-4" aria-hidden="true" />
    </button>
  )
}
