// The list of runs, page by page, and a poll of its head that never moves the rows on screen.

import type { EndpointResponse } from '@seamtrace/schema'
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { type ApiError, callApi, type Query } from '../../lib/api.ts'
import { useApi } from '../../lib/use-api.ts'
import { newRunsOf, withUpdates } from './new-runs.ts'

const PAGE_SIZE = 100
type RunsPage = EndpointResponse<'runs'>

export const useRuns = (query: Query) => {
  const client = useQueryClient()
  const queryKey = ['runs-list', query]
  const list = useInfiniteQuery<RunsPage, ApiError, InfiniteData<RunsPage, string>, readonly unknown[], string>({
    queryKey,
    queryFn: ({ pageParam, signal }) => callApi('runs', { query: { ...query, limit: PAGE_SIZE, cursor: pageParam || null } }, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    // The head below notices what is new; refetching all pages would make the list jump.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })
  const head = useApi('runs', { query: { ...query, limit: PAGE_SIZE } }, { keep: false, enabled: list.isSuccess })
  const pages = list.data?.pages
  const headItems = head.data?.items
  const runs = useMemo(
    () =>
      withUpdates(
        (pages ?? []).flatMap((page) => page.items),
        headItems ?? [],
      ),
    [pages, headItems],
  )
  const fresh = useMemo(() => newRunsOf(headItems ?? [], new Set(runs.map(({ runId }) => runId))), [headItems, runs])
  const showNew = () => client.resetQueries({ queryKey })
  return { list, head, runs, fresh, showNew }
}
