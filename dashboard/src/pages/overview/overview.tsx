// The first page: which seam is worst, why, and what it costs, without a click.
import type { PipelineSummary } from '@seamtrace/schema'
import { useQueryStates } from 'nuqs'
import { useRange, VIEW } from '../../lib/url-state.ts'
import { useApi } from '../../lib/use-api.ts'
import { Freshness, Loaded, Skeleton } from '../../ui/states.tsx'
import { FirstRun } from '../setup/first-run.tsx'
import { AlertBanner } from './alert-banner.tsx'
import { choosePipeline } from './choose-pipeline.ts'
import { Figures } from './figures.tsx'
import { HeadlineText } from './headline.tsx'
import { LayerGridSection } from './layer-grid.tsx'
import { NoRuns } from './no-runs.tsx'
import { PipelinePicker } from './pipeline-picker.tsx'
import { PipelinesTable } from './pipelines-table.tsx'
import { VersionsSection } from './versions.tsx'
import { WaterfallSection } from './waterfall-section.tsx'
import { WorstSeams } from './worst-seams.tsx'

const LoadingShape = () => (
  <div className="space-y-6">
    <Skeleton className="h-20" />
    <Skeleton className="h-16" />
    <Skeleton className="h-96" />
  </div>
)

const Picker = ({ active, pipelines }: { active: string; pipelines: readonly PipelineSummary[] }) => {
  const [{ version }, setView] = useQueryStates(VIEW, { history: 'push' })
  return (
    <PipelinePicker
      pipelines={pipelines}
      active={active}
      version={version}
      choose={(pipeline) => setView({ pipeline, version: null })}
      clearVersion={() => setView({ version: null })}
    />
  )
}

/** `stale` while the figures are still those of another version. */
type ViewProps = { summary: PipelineSummary; stale: boolean; pipelines: readonly PipelineSummary[] }

const PipelineView = ({ summary, stale, pipelines }: ViewProps) => {
  const [since] = useRange()
  const [{ version, mode }, setView] = useQueryStates(VIEW, { history: 'push' })
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
          <Picker active={summary.pipeline} pipelines={pipelines} />
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
      <div className={stale ? 'opacity-50 transition-opacity' : 'transition-opacity'}>
        <Figures summary={summary} version={version} />
      </div>
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
          choose={(next) => setView({ version: next })}
        />
      )}
    </div>
  )
}

/** The summary of what the address asks for; null once it is known that it has no runs. */
const useSummary = (items: readonly PipelineSummary[], ready: boolean, pipeline: string, version: string | null) => {
  const [since] = useRange()
  const named = (item: PipelineSummary): boolean => item.pipeline === pipeline
  const listed = items.find(named)
  // A version has figures of its own, and a pipeline may have runs without being listed.
  const alone = ready && pipeline !== '' && (version !== null || !listed)
  const one = useApi('pipelines', { query: { since, pipeline, version } }, { enabled: alone })
  if (!alone) return { summary: listed, stale: false, one }
  const found = one.data?.items.find(named)
  const none = one.isSuccess && !one.isPlaceholderData && !found
  return { summary: none ? null : (found ?? (one.isError ? undefined : listed)), stale: !found || one.isPlaceholderData, one }
}

export const Overview = () => {
  const [since] = useRange()
  const [{ pipeline: wanted, version }] = useQueryStates(VIEW)
  const pipelines = useApi('pipelines', { query: { since } })
  const items = pipelines.data?.items ?? []
  const pipeline = choosePipeline(items, wanted)
  const { summary, stale, one } = useSummary(items, pipelines.isSuccess, pipeline, version)
  return (
    <Loaded of={pipelines} skeleton={<LoadingShape />}>
      <h1 className="sr-only">Overview</h1>
      {pipeline === '' ? (
        <FirstRun />
      ) : (
        <div className="space-y-9">
          {summary && <PipelineView summary={summary} stale={stale} pipelines={items} />}
          {summary === null && (
            <div>
              <Picker active={pipeline} pipelines={items} />
              <NoRuns pipeline={pipeline} version={version} pipelines={items} />
            </div>
          )}
          {summary === undefined && (
            <Loaded of={one} skeleton={<LoadingShape />}>
              <LoadingShape />
            </Loaded>
          )}
          {items.length > 0 && <PipelinesTable pipelines={items} active={pipeline} />}
        </div>
      )}
    </Loaded>
  )
}
