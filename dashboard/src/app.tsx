// The routes and what surrounds them; every page is its own chunk.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { NuqsAdapter } from 'nuqs/adapters/react-router/v7'
import { lazy, Suspense } from 'react'
import { BrowserRouter, Route, Routes } from 'react-router'
import { ApiError } from './lib/api.ts'
import { NotFound } from './pages/not-found.tsx'
import { Shell } from './ui/shell.tsx'
import { Skeleton } from './ui/states.tsx'

const Overview = lazy(() => import('./pages/overview/overview.tsx').then((page) => ({ default: page.Overview })))
const Runs = lazy(() => import('./pages/runs/runs.tsx').then((page) => ({ default: page.Runs })))
const RunPage = lazy(() => import('./pages/run/run.tsx').then((page) => ({ default: page.RunPage })))
const Alerts = lazy(() => import('./pages/alerts/alerts.tsx').then((page) => ({ default: page.Alerts })))
const Setup = lazy(() => import('./pages/setup/setup.tsx').then((page) => ({ default: page.Setup })))

/** A refusal (4xx) or a broken contract does not get better by asking again; everything else gets one more try, and the next poll. */
const shouldRetry = (failures: number, error: Error): boolean =>
  failures < 1 && !(error instanceof ApiError && error.status >= 200 && error.status < 500)

const queries = new QueryClient({ defaultOptions: { queries: { retry: shouldRetry, retryDelay: 400 } } })

export const App = () => (
  <QueryClientProvider client={queries}>
    <BrowserRouter>
      <NuqsAdapter>
        <Shell>
          <Suspense fallback={<Skeleton className="h-[60vh]" />}>
            <Routes>
              <Route index element={<Overview />} />
              <Route path="runs" element={<Runs />} />
              <Route path="runs/:id" element={<RunPage />} />
              <Route path="alerts" element={<Alerts />} />
              <Route path="setup" element={<Setup />} />
              <Route path="*" element={<NotFound />} />
            </Routes>
          </Suspense>
        </Shell>
      </NuqsAdapter>
    </BrowserRouter>
  </QueryClientProvider>
)
