// Steps, visits, attempts and calls of a run, each with its bars on the run's time axis: the retry ladder in place.
import type { Run } from '@seamtrace/schema'
import { Bot, Brain, Database, FileSearch, type LucideIcon, ShieldCheck, Sigma, User, Wrench } from 'lucide-react'
import { useMemo, useState } from 'react'
import { formatCount, formatDuration, formatUsd } from '../lib/format.ts'
import { LayerDot, layerColor } from '../ui/glyphs.tsx'
import { OutcomeIcon } from '../ui/outcome.tsx'
import { type AttemptBar, type StepRow, stepRows } from './step-rows.ts'
import { barOf } from './time-axis.ts'
import { TimeLines, TimeRuler } from './time-ruler.tsx'

const CALL_ICON: Record<Run['calls'][number]['type'], LucideIcon> = {
  model: Brain,
  tool: Wrench,
  retrieval: FileSearch,
  embedding: Sigma,
  memory: Database,
  check: ShieldCheck,
  human: User,
}
export const STEP_GRID =
  'grid grid-cols-[minmax(11rem,1.05fr)_minmax(9rem,1.25fr)] gap-x-4 md:grid-cols-[minmax(14rem,1.1fr)_4.4rem_minmax(10rem,1.5fr)]'
/** Beyond this the rest is shown on demand: a loop may have thousands of operations. */
const FIRST_ROWS = 250

const noteOf = (row: StepRow): string => {
  if (row.kind === 'attempt') {
    const attempt = row.attempts[0]
    return [attempt?.errorType, attempt && attempt.waitMs > 0 ? `waited ${formatDuration(attempt.waitMs)}` : ''].filter(Boolean).join(' · ')
  }
  const tries = row.attempts.length > 1 ? `${row.attempts.length} attempts` : ''
  if (!row.call)
    return [row.step?.agent && row.step.agent !== row.name ? row.step.agent : '', tries, row.attempts[0]?.errorType ?? '']
      .filter(Boolean)
      .join(' · ')
  const { inputTokens, outputTokens, costUsd, type } = row.call
  const tokens = inputTokens + outputTokens > 0 ? `${formatCount(inputTokens)} → ${formatCount(outputTokens)} tok` : ''
  const price = type !== 'model' ? '' : costUsd === null ? 'unpriced' : formatUsd(costUsd)
  return [tries, tokens, price].filter(Boolean).join(' · ')
}

const durationOf = ({ attempts }: StepRow): number => {
  const first = attempts[0]
  const last = attempts.at(-1)
  return first && last ? last.startMs + last.durationMs - first.startMs : 0
}

const Attempts = ({ row, totalMs }: { row: StepRow; totalMs: number }) => {
  const thin = row.kind === 'call' || row.kind === 'attempt'
  return (
    <>
      {row.attempts.map((attempt, index) => (
        <AttemptMark key={attempt.number} attempt={attempt} before={row.attempts[index - 1]} row={row} totalMs={totalMs} thin={thin} />
      ))}
    </>
  )
}

type MarkProps = { attempt: AttemptBar; before: AttemptBar | undefined; row: StepRow; totalMs: number; thin: boolean }

const AttemptMark = ({ attempt, before, row, totalMs, thin }: MarkProps) => {
  const bar = barOf(attempt.startMs, attempt.durationMs, totalMs)
  const failed = attempt.outcome === 'failure'
  const gapStart = before ? before.startMs + before.durationMs : attempt.startMs
  const wait = barOf(gapStart, attempt.startMs - gapStart, totalMs)
  return (
    <>
      {before && wait.widthPercent > 0 && (
        <div
          className="absolute top-1/2 border-t border-dashed border-ink-3"
          style={{ left: `${wait.leftPercent}%`, width: `${wait.widthPercent}%` }}
        />
      )}
      <div
        className={`absolute top-1/2 -translate-y-1/2 rounded-[3px] ${thin ? 'h-2' : 'h-3.5'} ${failed ? 'bg-fail' : ''}`}
        style={{
          left: `${bar.leftPercent}%`,
          width: `max(3px, ${bar.widthPercent}%)`,
          ...(failed ? {} : { background: layerColor(row.layer), opacity: thin ? 0.6 : 1 }),
        }}
        title={`attempt ${attempt.number}: ${attempt.outcome}, ${formatDuration(attempt.durationMs)}${attempt.waitMs > 0 ? ` after ${formatDuration(attempt.waitMs)} of waiting` : ''}`}
      />
    </>
  )
}

type RowProps = { row: StepRow; totalMs: number; selected: boolean; select: (spanId: string) => void }

const Row = ({ row, totalMs, selected, select }: RowProps) => {
  const Icon = row.call && row.kind === 'call' ? CALL_ICON[row.call.type] : row.kind === 'step' || row.kind === 'visit' ? null : Bot
  const note = noteOf(row)
  return (
    <button
      type="button"
      onClick={() => select(row.spanId)}
      aria-pressed={selected}
      className={`${STEP_GRID} w-full items-center rounded-md px-2 text-left ${row.kind === 'step' || row.kind === 'visit' ? 'py-1' : 'py-[2px]'} ${selected ? 'bg-accent-soft' : 'hover:bg-hover'}`}
    >
      <span className="flex min-w-0 items-center gap-2" style={{ paddingLeft: `${Math.min(row.depth, 8) * 1.15}rem` }}>
        <OutcomeIcon outcome={row.outcome} label />
        {Icon && row.kind === 'call' ? (
          <Icon className="size-3.5 shrink-0 text-ink-3" aria-label={row.call?.type} />
        ) : (
          row.kind !== 'attempt' && <LayerDot layer={row.layer} />
        )}
        <span
          className={`truncate font-mono text-[0.95em] ${row.kind === 'step' || row.kind === 'visit' ? 'font-semibold' : row.kind === 'attempt' ? 'text-ink-2' : ''}`}
          title={row.name}
        >
          {row.name}
        </span>
        <span
          className={`min-w-0 flex-1 truncate text-sm ${row.kind === 'attempt' && row.outcome === 'failure' ? 'text-fail' : 'text-ink-3'}`}
          title={note}
        >
          {row.recovered ? `recovered · ${note}` : note}
        </span>
      </span>
      <span className="hidden text-right text-sm text-ink-2 md:block">{formatDuration(durationOf(row))}</span>
      <span className="relative block h-full min-h-5">
        <Attempts row={row} totalMs={totalMs} />
      </span>
    </button>
  )
}

type Props = { run: Run; selected: string; select: (spanId: string) => void }

export const StepTree = ({ run, selected, select }: Props) => {
  const rows = useMemo(() => stepRows(run), [run])
  const [all, setAll] = useState(false)
  const shown = all ? rows : rows.slice(0, FIRST_ROWS)
  const totalMs = Math.max(run.durationMs, 1)
  if (rows.length === 0) return <p className="text-ink-2">No step has been recognized in this run yet.</p>
  return (
    <div className="thin-scroll -mx-2 overflow-x-auto">
      <div className="min-w-[30rem]">
        <div className={`${STEP_GRID} px-2 text-sm text-ink-3`}>
          <span>step, attempts, calls</span>
          <span className="hidden text-right md:block">duration</span>
          <TimeRuler durationMs={totalMs} />
        </div>
        <div className="relative">
          <div className={`${STEP_GRID} pointer-events-none absolute inset-0 px-2`}>
            <span />
            <span className="hidden md:block" />
            <span className="relative">
              <TimeLines durationMs={totalMs} />
            </span>
          </div>
          <div className="relative">
            {shown.map((row) => (
              <Row key={row.key} row={row} totalMs={totalMs} selected={row.spanId !== '' && row.spanId === selected} select={select} />
            ))}
          </div>
        </div>
        {rows.length > shown.length && (
          <button
            type="button"
            onClick={() => setAll(true)}
            className="mx-2 mt-2 rounded-md border border-line-strong px-2.5 py-1 hover:bg-hover"
          >
            Show {formatCount(rows.length - shown.length)} more rows
          </button>
        )}
      </div>
    </div>
  )
}
