// Which pipeline the overview opens with: the one that needs attention most. Pure.
import type { PipelineSummary } from '@seamtrace/schema'
import { MIN_RUNS_FOR_RATE } from '../../lib/format.ts'

/** Firing alerts first, then pipelines with enough runs for a rate, then the lowest rate. */
const compareNeed = (a: PipelineSummary, b: PipelineSummary): number => {
  const firing = Number(b.alert === 'firing') - Number(a.alert === 'firing')
  const enough = Number(b.final.n >= MIN_RUNS_FOR_RATE) - Number(a.final.n >= MIN_RUNS_FOR_RATE)
  return firing || enough || (a.final.rate ?? 2) - (b.final.rate ?? 2) || b.final.n - a.final.n
}

export const byNeed = (pipelines: readonly PipelineSummary[]): PipelineSummary[] => pipelines.toSorted(compareNeed)

/** Name of the asked-for pipeline, whether or not it has runs; else of the neediest one, '' when there is none. */
export const choosePipeline = (pipelines: readonly PipelineSummary[], wanted: string): string =>
  wanted || (byNeed(pipelines)[0]?.pipeline ?? '')
