// One hook for all reads: polls while the page is visible and keeps the previous answer while the next one loads.
import type { EndpointName, EndpointResponse } from '@seamtrace/schema'
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type ApiError, type ApiRequest, callApi } from './api.ts'

export const POLL_MS = 5000

/** All polls fall on the same ticks of the clock, so that the numbers of a page are of one moment and reconcile. */
const untilNextTick = (): number => {
  const left = POLL_MS - (Date.now() % POLL_MS)
  return left < POLL_MS / 10 ? left + POLL_MS : left
}

type Options = { enabled?: boolean; poll?: boolean; keep?: boolean }
export type ApiResult<T> = UseQueryResult<T, ApiError>

/**
 * @param options.poll ask again every five seconds (default true)
 * @param options.keep show the answer of the previous request while the next loads (default true)
 */
export const useApi = <E extends EndpointName>(
  endpoint: E,
  request: ApiRequest = {},
  { enabled = true, poll = true, keep = true }: Options = {},
): ApiResult<EndpointResponse<E>> =>
  useQuery<EndpointResponse<E>, ApiError, EndpointResponse<E>, readonly unknown[]>({
    queryKey: [endpoint, request],
    queryFn: ({ signal }) => callApi(endpoint, request, signal),
    enabled,
    refetchInterval: poll ? untilNextTick : false,
    staleTime: poll ? POLL_MS / 2 : 60_000,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  })
