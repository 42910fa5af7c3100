// Catches what a page throws while it is drawn, so that one bad page never blanks the whole dashboard.
import { Component, type ReactNode } from 'react'
import { EmptyState } from './states.tsx'

type Props = { children: ReactNode }
type State = { failure: string | null }

/** React offers this to classes only. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { failure: null }

  static getDerivedStateFromError(thrown: unknown): State {
    return { failure: thrown instanceof Error ? thrown.message : String(thrown) }
  }

  override render(): ReactNode {
    const { failure } = this.state
    if (failure === null) return this.props.children
    return (
      <EmptyState title="This page could not be drawn">
        <p className="font-mono text-[0.93em] break-words">{failure}</p>
        <p className="mt-1">After an update of the collector, loading the page again is enough.</p>
        <button
          type="button"
          onClick={() => location.reload()}
          className="mt-3 rounded-md border border-line-strong px-3 py-1 font-medium text-ink hover:bg-hover"
        >
          Load again
        </button>
      </EmptyState>
    )
  }
}
