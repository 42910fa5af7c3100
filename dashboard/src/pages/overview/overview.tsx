// The first page: which seam is worst, why, and what it costs, without a click.
import type { PipelineSummary } from '@seamtrace/schema'
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useRange } from '../../lib/url-state.ts'
import { useApi } from '../../lib/use-api.ts'
import { Freshness, Loaded, Skeleton } from '../../ui/states.tsx'
import { FirstRun } from '../setup/first-run.tsx'
import { AlertBanner } from './alert-banner.tsx'
import { choosePipeline } from './choose-pipeline.ts'
import { Figures } from './figures.tsx'
import { HeadlineText } from './headline.tsx'
import { LayerGridSection } from './layer-grid.tsx'
import { PipelinePicker } from './pipeline-picker.tsx'
import { PipelinesTable } from './pipelines-table.tsx'
import { VersionsSection } from './versions.tsx'
import { WaterfallSection } from './waterfall-section.tsx'
import { WorstSeams } from './worst-seams.tsx'

const VIEW = {
  pipeline: parseAsString.withDefault(''),
  version: parseAsString.withDefault(''),
  mode: parseAsStringLiteral(['final', 'first_try'] as const).withDefault('final'),
}

const LoadingShape = () => (
  <div className="space-y-6">
    <Skeleton className="h-20" />
    <Skeleton className="h-16" />
    <Skeleton className="h-96" />
  </div>
)

const PipelineView = ({ summary, pipelines }: { summary: PipelineSummary; pipelines: readonly PipelineSummary[] }) => {
  const [since] = useRange()
  const [{ version: wanted, mode }, setView] = useQueryStates(VIEW, { history: 'push' })
  const version = summary.versions.includes(wanted) ? wanted : ''
  const query = { pipeline: summary.pipeline, since, version }
  // The headline always tells the final rate; the toggle changes the waterfall only.
  const gap = useApi('gap', { query: { ...query, mode: 'final' } })
  const shown = useApi('gap', { query: { ...query, mode } })
  const seams = useApi('seams', { query: { ...query, limit: 20 } })
  const layers = useApi('layers', { query })
  const scope = { pipeline: summary.pipeline, version }
  const fresh = gap.data?.pipeline === summary.pipeline && !seams.isPlaceholderData
  return (
    <div className="space-y-7">
      <div>
        <div className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-1">
          <PipelinePicker
            pipelines={pipelines}
            active={summary}
            version={version}
            choose={(pipeline) => setView({ pipeline, version: null })}
            clearVersion={() => setView({ version: null })}
          />
          <span className="ml-auto">
            <Freshness updatedAt={gap.dataUpdatedAt} failed={gap.isError} />
          </span>
        </div>
        <AlertBanner pipeline={summary.pipeline} firing={summary.alert === 'firing'} />
        <Loaded of={gap} skeleton={<Skeleton className="h-20" />}>
          {gap.data && fresh ? (
            <HeadlineText report={gap.data} seams={seams.data?.items ?? []} summary={summary} version={version} />
          ) : (
            <Skeleton className="h-20" />
          )}
        </Loaded>
      </div>
      <Figures summary={summary} />
      <div className="grid gap-x-10 gap-y-7 xl:grid-cols-[minmax(0,1fr)_minmax(25rem,30rem)]">
        <Loaded of={shown} skeleton={<Skeleton className="h-96" />}>
          {shown.data && (
            <WaterfallSection
              report={shown.data}
              version={version}
              mode={mode}
              setMode={(next) => setView({ mode: next })}
              stale={shown.isPlaceholderData}
            />
          )}
        </Loaded>
        <Loaded of={layers} skeleton={<Skeleton className="h-96" />}>
          {layers.data && <LayerGridSection grid={layers.data} scope={scope} />}
        </Loaded>
      </div>
      <Loaded of={seams}>{seams.data && <WorstSeams seams={seams.data.items} n={gap.data?.n ?? 0} version={version} />}</Loaded>
      {gap.data && gap.data.pipeline === summary.pipeline && (
        <VersionsSection
          pipeline={summary.pipeline}
          versions={gap.data.versions}
          active={version}
          choose={(next) => setView({ version: next || null })}
        />
      )}
    </div>
  )
}

export const Overview = () => {
  const [since] = useRange()
  const [{ pipeline }] = useQueryStates(VIEW)
  const pipelines = useApi('pipelines', { query: { since } })
  const items = pipelines.data?.items ?? []
  const chosen = choosePipeline(items, pipeline)
  return (
    <Loaded of={pipelines} skeleton={<LoadingShape />}>
      <h1 className="sr-only">Overview</h1>
      {chosen ? (
        <div className="space-y-9">
          <PipelineView summary={chosen} pipelines={items} />
          <PipelinesTable pipelines={items} active={chosen.pipeline} />
        </div>
      ) : (
        <FirstRun />
      )}
    </Loaded>
  )
}
