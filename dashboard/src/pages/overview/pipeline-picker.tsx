// The choice of the pipeline, and the chip of a chosen version.
import type { PipelineSummary } from '@seamtrace/schema'
import { ChevronsUpDown, X } from 'lucide-react'
import { formatRate } from '../../lib/format.ts'
import { NO_VERSION } from '../../lib/url-state.ts'
import { byNeed } from './choose-pipeline.ts'

type Props = {
  pipelines: readonly PipelineSummary[]
  /** may be one that has no runs */
  active: string
  version: string | null
  choose: (pipeline: string) => void
  clearVersion: () => void
}

export const PipelinePicker = ({ pipelines, active, version, choose, clearVersion }: Props) => (
  <div className="flex min-w-0 flex-wrap items-center gap-2">
    <div className="relative inline-flex max-w-full items-center rounded-md bg-sunken text-[1.07rem] font-semibold hover:bg-hover focus-within:outline-2 focus-within:outline-accent">
      <select
        aria-label="pipeline"
        data-testid="pipeline"
        value={active}
        onChange={(event) => choose(event.target.value)}
        className="max-w-full appearance-none truncate bg-transparent py-1 pr-8 pl-2.5 outline-none [field-sizing:content]"
      >
        {pipelines.every(({ pipeline }) => pipeline !== active) && (
          <option value={active} className="bg-surface">
            {active}
          </option>
        )}
        {byNeed(pipelines).map((summary) => (
          <option
            key={summary.pipeline}
            value={summary.pipeline}
            className="bg-surface"
            title={`${formatRate(summary.final)}${summary.alert === 'firing' ? ', firing' : ''}`}
          >
            {summary.pipeline}
          </option>
        ))}
      </select>
      <ChevronsUpDown className="pointer-events-none absolute right-2 size-4 text-ink-3" aria-hidden="true" />
    </div>
    {version !== null && (
      <button
        type="button"
        onClick={clearVersion}
        className="inline-flex items-center gap-1 rounded-md bg-accent-soft px-2 py-1 hover:bg-hover"
      >
        version <span className="font-mono">{version || NO_VERSION}</span>
        <X className="size-3.5" aria-label="show all versions" />
      </button>
    )}
  </div>
)
