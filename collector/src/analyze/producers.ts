// Whose work a check judged: the step that it names, else the last step before it that did the work, else one that prepared it; outside
// the step in which it was judged.
import { byStart, startOf, type Unit } from './unit.ts'

const PRODUCES: ReadonlySet<string> = new Set(['execution', 'context', 'planning', 'state'])

/** Steps in order of start, and of each the nearest earlier one in another outermost step. */
type InOrder = { steps: Unit[]; other: number[] }

const inOrder = (unsorted: readonly Unit[]): InOrder => {
  const steps = unsorted.toSorted(byStart)
  const other: number[] = []
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1]
    other.push(before?.outermost === step.outermost ? (other[index - 1] as number) : index - 1)
  }
  return { steps, other }
}

/** By halves: a run may have ten thousand steps that were judged. */
const lastBefore = ({ steps, other }: InOrder, judge: Unit): Unit | undefined => {
  let [from, to] = [0, steps.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (startOf(steps[middle] as Unit) <= startOf(judge)) from = middle + 1
    else to = middle
  }
  const last = steps[from - 1]
  return last && last.outermost === judge.outermost ? steps[other[from - 1] as number] : last
}

export type ProducerOf = (judge: Unit, target: string) => Unit | null

/** Put in order when it is asked for the first time: most runs have no work that was rejected. */
export const producersAmong = (steps: readonly Unit[]): ProducerOf => {
  let known: { byName: Map<string, InOrder>; doing: InOrder; working: InOrder } | undefined
  const sorted = () => {
    const own = steps.filter(({ type }) => type !== 'retry')
    const byName = new Map([...Map.groupBy(own, ({ name }) => name)].map(([name, ofName]) => [name, inOrder(ofName)]))
    const working = own.filter(({ layer }) => PRODUCES.has(layer))
    return { byName, doing: inOrder(working.filter(({ layer }) => layer === 'execution')), working: inOrder(working) }
  }
  return (judge, target) => {
    known ??= sorted()
    const named = known.byName.get(target)
    return (named && lastBefore(named, judge)) ?? lastBefore(known.doing, judge) ?? lastBefore(known.working, judge) ?? null
  }
}
