// How long a run took; of one that goes on and is heard of, how long it takes by now.
import type { Run } from '@seamtrace/schema'
import { formatDuration } from '../lib/format.ts'
import { useNow } from '../lib/use-now.ts'

type Timed = Pick<Run, 'outcome' | 'startTime' | 'durationMs' | 'liveness'>

export const goesOn = ({ outcome, liveness }: Timed): boolean => liveness !== null && (outcome === 'running' || outcome === 'waiting')

/** The clock of the program may be ahead of this one's. */
export const durationBy = (run: Timed, now: number): number => Math.max(run.durationMs, now - Date.parse(run.startTime))

const Ticking = ({ run }: { run: Timed }) => <>{formatDuration(durationBy(run, useNow()))}</>

export const RunDuration = ({ run }: { run: Timed }) => (goesOn(run) ? <Ticking run={run} /> : formatDuration(run.durationMs))
