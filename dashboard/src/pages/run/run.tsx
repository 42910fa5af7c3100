// One run: its story, the seam it broke at, its steps and attempts, all its spans, and what crossed its seams.
import type { Run, SpanSummary } from '@seamtrace/schema'
import { parseAsString, useQueryState } from 'nuqs'
import { Link, useParams } from 'react-router'
import { formatCount, plural } from '../../lib/format.ts'
import { hrefOf } from '../../lib/links.ts'
import { useRange } from '../../lib/url-state.ts'
import { useApi } from '../../lib/use-api.ts'
import { SpanPanel } from '../../trace/span-panel.tsx'
import { StepTree } from '../../trace/step-tree.tsx'
import { SpanWaterfall } from '../../trace/waterfall.tsx'
import { OutcomeBadge } from '../../ui/outcome.tsx'
import { Section } from '../../ui/section.tsx'
import { EmptyState, Loaded, Skeleton } from '../../ui/states.tsx'
import { Failures } from './failures.tsx'
import { Handoffs } from './handoffs.tsx'
import { ChargedSeam, RunFacts } from './run-facts.tsx'

const Story = ({ run }: { run: Run }) => {
  const [since] = useRange()
  return (
    <header className="space-y-3.5">
      <p className="flex flex-wrap items-center gap-2 text-ink-3">
        <Link to={hrefOf('/runs', since)} className="hover:text-ink hover:underline">
          Runs
        </Link>
        <span aria-hidden="true">/</span>
        <Link to={hrefOf('/runs', since, { pipeline: run.pipeline })} className="hover:text-ink hover:underline">
          {run.pipeline}
        </Link>
        <span aria-hidden="true">/</span>
        <OutcomeBadge outcome={run.outcome} recovered={run.recovered} liveness={run.liveness} />
        {run.provisional && !run.liveness && (
          <span className="rounded bg-sunken px-1.5 text-sm text-ink-2">provisional: its root has not arrived</span>
        )}
      </p>
      <h1
        data-testid="story"
        className="max-w-[70rem] text-[1.29rem] leading-[1.35] font-medium tracking-[-0.012em] text-pretty break-words sm:text-[1.5rem]"
      >
        {run.story || 'No story yet.'}
      </h1>
      <RunFacts run={run} />
      <ChargedSeam run={run} />
    </header>
  )
}

const isOpen = (run: Run | undefined): boolean =>
  run !== undefined && (run.provisional || ['running', 'waiting', 'unknown'].includes(run.outcome))

/** Trace of a span: as listed, else the run's only or first one. */
const traceOf = (spanId: string, spans: readonly SpanSummary[], run: Run): string =>
  spans.find((span) => span.spanId === spanId)?.traceId ?? run.traceIds[0] ?? ''

type BodyProps = { run: Run; spans: ReturnType<typeof useApi<'runSpans'>>; selected: string; select: (spanId: string) => void }

const Body = ({ run, spans, selected, select }: BodyProps) => {
  const retries = run.calls.reduce((sum, call) => sum + call.attempts.length - 1, 0)
  return (
    <div className="min-w-0 space-y-9">
      {run.failures.length > 0 && (
        <Section title="Failures" note={`${formatCount(run.failures.length)}; select one to see its evidence`}>
          <Failures failures={run.failures} charged={run.attributedTo} selected={selected} select={select} />
        </Section>
      )}
      <Section
        title="Steps and attempts"
        note={`${plural(run.steps.length, 'step')}, ${plural(run.calls.length, 'call')}, ${retries === 1 ? '1 retry' : `${formatCount(retries)} retries`}`}
      >
        <StepTree run={run} selected={selected} select={select} />
      </Section>
      <Section title="Spans" note="as they were sent">
        <Loaded of={spans} skeleton={<Skeleton className="h-72" />}>
          {spans.data && (
            <SpanWaterfall
              spans={spans.data.items}
              hidden={spans.data.hidden}
              selected={selected}
              chargedSpan={run.attributedTo?.spanId ?? ''}
              select={select}
            />
          )}
        </Loaded>
      </Section>
      <Section title="Handoffs" note={run.handoffs.length === 0 ? 'none recognized' : 'dashed arrows are inferred'}>
        {run.handoffs.length > 0 && <Handoffs handoffs={run.handoffs} selected={selected} select={select} />}
      </Section>
    </div>
  )
}

/** The page goes on asking: a run that has just been sent appears by itself. */
const NoSuchRun = ({ id }: { id: string }) => {
  const [since] = useRange()
  return (
    <EmptyState title="No such run">
      <p className="break-words">
        Nothing is stored under the id <span className="font-mono text-[0.93em]">{id}</span>. It may be misspelt, older than what is kept,
        or not analyzed yet.
      </p>
      <Link to={hrefOf('/runs', since)} className="mt-2 inline-block text-accent underline underline-offset-3">
        Go to the list of runs
      </Link>
    </EmptyState>
  )
}

const PANEL = 'thin-scroll overflow-y-auto overscroll-contain border-line'

export const RunPage = () => {
  const { id = '' } = useParams()
  const reply = useApi('run', { params: { id } }, { keep: false })
  const run = reply.data?.runs[0]
  const spans = useApi('runSpans', { params: { id } }, { keep: false, poll: isOpen(run), enabled: reply.error?.status !== 404 })
  const [chosen, setChosen] = useQueryState('span', parseAsString.withDefault('').withOptions({ history: 'replace' }))
  if (!run && reply.error?.status === 404) return <NoSuchRun id={id} />
  if (!run)
    return (
      <Loaded of={reply} skeleton={<Skeleton className="h-[70vh]" />}>
        {null}
      </Loaded>
    )
  // The evidence of the failure is open from the start; a choice of the reader replaces it.
  const selected = chosen || run.attributedTo?.spanId || ''
  const select = (spanId: string) => void setChosen(spanId || null)
  const panel = selected && { traceId: traceOf(selected, spans.data?.items ?? [], run), spanId: selected }
  return (
    <div className="space-y-8">
      <Story run={run} />
      <div className={`grid gap-x-10 ${panel ? 'xl:grid-cols-[minmax(0,1fr)_26rem]' : ''}`}>
        <Body run={run} spans={spans} selected={selected} select={select} />
        {panel && (
          <aside aria-label="selected span" className="max-xl:hidden">
            <div className={`${PANEL} sticky top-16 max-h-[calc(100dvh-5rem)] border-l pl-6`}>
              <SpanPanel key={panel.spanId} {...panel} {...(chosen ? { close: () => select('') } : {})} />
            </div>
          </aside>
        )}
      </div>
      {panel && chosen && (
        <aside
          aria-label="selected span"
          className={`${PANEL} fixed inset-x-0 bottom-0 z-40 max-h-[60dvh] border-t bg-surface p-4 shadow-2xl xl:hidden`}
        >
          <SpanPanel key={panel.spanId} {...panel} close={() => select('')} />
        </aside>
      )}
    </div>
  )
}
