// What stands in for content: loading, error with what failed, nothing there, and how fresh the numbers are.
import { CircleAlert, RefreshCw } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ApiError } from '../lib/api.ts'
import { formatAgo } from '../lib/format.ts'
import { POLL_MS } from '../lib/use-api.ts'
import { useNow } from '../lib/use-now.ts'

/** Gray bars in the shape of what will come. */
export const Skeleton = ({ className = 'h-40' }: { className?: string }) => (
  <div className={`skeleton w-full ${className}`} role="status" aria-label="loading" />
)

export const ErrorState = ({ error, retry }: { error: ApiError; retry: () => void }) => (
  <div role="alert" className="flex flex-wrap items-start gap-3 rounded-lg border border-fail/30 bg-fail-soft px-4 py-3 text-ink">
    <CircleAlert className="mt-0.5 size-4 shrink-0 text-fail" aria-hidden="true" />
    <div className="min-w-0 flex-1">
      <p className="font-medium">
        <code className="font-mono">GET /api/v1{error.endpoint}</code> failed{error.status ? ` (${error.status})` : ''}
      </p>
      <p className="break-words text-ink-2">{error.message}</p>
    </div>
    <button
      type="button"
      onClick={retry}
      className="inline-flex items-center gap-1.5 rounded-md border border-line-strong bg-surface px-2.5 py-1 font-medium hover:bg-hover"
    >
      <RefreshCw className="size-3.5" aria-hidden="true" /> Retry
    </button>
  </div>
)

export const EmptyState = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
    <p className="text-lg font-medium">{title}</p>
    {children && <div className="max-w-prose text-ink-2">{children}</div>}
  </div>
)

type Reading = { data: unknown; dataUpdatedAt: number; error: ApiError | null; isPending: boolean; refetch: () => unknown }

/** Content once it has loaded. Older data stays while a refresh fails; that nothing answers at all is said by the connection banner. */
export const Loaded = ({ of, skeleton, children }: { of: Reading; skeleton?: ReactNode; children: ReactNode }) => {
  const failure = of.error && <ErrorState error={of.error} retry={() => of.refetch()} />
  if (of.data === undefined) return <div className="min-w-0">{failure ?? skeleton ?? <Skeleton />}</div>
  return (
    <div className="min-w-0">
      {failure && of.error?.status !== 0 && <div className="mb-3">{failure}</div>}
      {children}
    </div>
  )
}

/** "live", or how old the numbers are once a refresh is overdue. */
export const Freshness = ({ updatedAt, failed }: { updatedAt: number; failed: boolean }) => {
  const now = useNow(2000)
  if (updatedAt === 0) return null
  const stale = failed || now - updatedAt > 3 * POLL_MS
  return (
    <span
      className={`inline-flex items-center gap-1.5 text-sm whitespace-nowrap ${stale ? 'text-wait' : 'text-ink-3'}`}
      title={`updated ${new Date(updatedAt).toLocaleTimeString('en-GB')}`}
    >
      <span className={`size-1.5 rounded-full ${stale ? 'bg-wait' : 'live-dot bg-ok'}`} aria-hidden="true" />
      {stale ? `stale: updated ${formatAgo(updatedAt, now)}` : 'live'}
    </span>
  )
}
