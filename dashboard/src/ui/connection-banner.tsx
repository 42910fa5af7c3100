// Says once for the whole page that nothing answers, instead of every part saying so.
import { useQueryClient } from '@tanstack/react-query'
import { Unplug } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { ApiError } from '../lib/api.ts'

const isUnreachable = (error: unknown): boolean => error instanceof ApiError && error.status === 0

/** True while a query on this page got no answer at its last try. */
const useUnreachable = (): boolean => {
  const cache = useQueryClient().getQueryCache()
  return useSyncExternalStore(
    (notify) => cache.subscribe(notify),
    () => cache.getAll().some((query) => query.isActive() && isUnreachable(query.state.error ?? query.state.fetchFailureReason)),
  )
}

export const ConnectionBanner = () => {
  const client = useQueryClient()
  if (!useUnreachable()) return null
  return (
    <div role="alert" className="border-b border-wait/40 bg-sunken">
      <p className="mx-auto flex max-w-[140rem] flex-wrap items-center gap-x-3 px-4 py-1.5 lg:px-7">
        <Unplug className="size-4 shrink-0 text-wait" aria-hidden="true" />
        <span>The collector does not answer: what is shown may be old.</span>
        <button
          type="button"
          onClick={() => client.refetchQueries({ type: 'active' })}
          className="rounded px-1 font-medium underline underline-offset-3 hover:bg-hover"
        >
          Retry now
        </button>
      </p>
    </div>
  )
}
