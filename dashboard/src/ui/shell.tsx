// The frame of every page: name, navigation, range, theme.
import { Moon, Sun } from 'lucide-react'
import { parseAsString, useQueryStates } from 'nuqs'
import { type ReactNode, useEffect } from 'react'
import { NavLink, useLocation, useNavigationType } from 'react-router'
import { hrefOf } from '../lib/links.ts'
import { useTheme } from '../lib/theme.ts'
import { useRange } from '../lib/url-state.ts'
import { AddressNotice } from './address-notice.tsx'
import { ConnectionBanner } from './connection-banner.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { ForgetKey, KeyGate } from './key-gate.tsx'
import { RangePicker } from './range-picker.tsx'

const PAGES = [
  { path: '/', label: 'Overview', ofRange: true },
  { path: '/runs', label: 'Runs', ofRange: true },
  { path: '/alerts', label: 'Alerts', ofRange: false },
  { path: '/setup', label: 'Setup', ofRange: false },
] as const
/** Pages that show the runs of a range; the others have nothing that a range could change. */
const RANGE_PATHS: ReadonlySet<string> = new Set(PAGES.filter(({ ofRange }) => ofRange).map(({ path }) => path))
const CHOSEN = { pipeline: parseAsString, version: parseAsString }

const Logo = () => (
  <svg viewBox="0 0 26 20" className="h-5 w-[1.9rem]" aria-hidden="true">
    <rect x="0" y="3" width="11" height="5.5" rx="1.6" fill="var(--accent)" />
    <rect x="15" y="11.5" width="11" height="5.5" rx="1.6" fill="var(--accent)" />
    <path d="M13 0v20" stroke="var(--ink-3)" strokeWidth="1.4" strokeDasharray="2 2.2" />
  </svg>
)

const ThemeToggle = () => {
  const { theme, toggle } = useTheme()
  const Icon = theme === 'dark' ? Sun : Moon
  const label = theme === 'dark' ? 'switch to light' : 'switch to dark'
  return (
    <button
      type="button"
      onClick={toggle}
      aria-label={label}
      title={label}
      data-testid="theme"
      className="inline-flex size-8 items-center justify-center rounded-md text-ink-2 hover:bg-hover hover:text-ink"
    >
      <Icon className="size-4" aria-hidden="true" />
    </button>
  )
}

/** The chosen pipeline goes along between the pages that can show it alone. */
const Navigation = () => {
  const [since] = useRange()
  const [chosen] = useQueryStates(CHOSEN)
  return (
    <nav aria-label="pages" className="order-3 -mx-2 flex w-full gap-0.5 sm:order-none sm:mx-0 sm:w-auto">
      {PAGES.map(({ path, label, ofRange }) => (
        <NavLink
          key={path}
          to={hrefOf(path, since, ofRange ? { ...chosen, pipeline: chosen.pipeline || null } : {})}
          end={path === '/'}
          className={({ isActive }) =>
            `rounded-md px-2.5 py-1 transition-colors ${isActive ? 'bg-sunken font-medium text-ink' : 'text-ink-2 hover:bg-hover hover:text-ink'}`
          }
        >
          {label}
        </NavLink>
      ))}
    </nav>
  )
}

/** A new page starts at its top; going back keeps the browser's own position. */
const useScrollToTop = () => {
  const { pathname } = useLocation()
  const kind = useNavigationType()
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new path moves the page
  useEffect(() => {
    if (kind === 'PUSH') window.scrollTo(0, 0)
  }, [pathname])
}

export const Shell = ({ children }: { children: ReactNode }) => {
  const [since] = useRange()
  const { pathname } = useLocation()
  useScrollToTop()
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded focus:bg-accent focus:px-3 focus:py-1 focus:text-accent-ink"
      >
        Skip to content
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-bg/85 backdrop-blur">
        <div className="mx-auto flex max-w-[140rem] flex-wrap items-center gap-x-5 gap-y-1 px-4 py-2 lg:px-7">
          <NavLink to={hrefOf('/', since)} className="inline-flex items-center gap-2 text-[1.1rem] font-semibold tracking-[-0.015em]">
            <Logo />
            Seamtrace
          </NavLink>
          <Navigation />
          <div className="ml-auto flex items-center gap-1.5">
            {RANGE_PATHS.has(pathname) && <RangePicker />}
            <ForgetKey />
            <ThemeToggle />
          </div>
        </div>
      </header>
      <ConnectionBanner />
      <AddressNotice />
      <main id="content" tabIndex={-1} className="mx-auto w-full max-w-[140rem] flex-1 px-4 pt-5 pb-16 outline-none lg:px-7">
        <ErrorBoundary key={pathname}>
          <KeyGate>{children}</KeyGate>
        </ErrorBoundary>
      </main>
    </div>
  )
}
