// The order in which steps are drawn: as runs come to them. Pure.

/** A distinct path of outermost steps, one entry an operation, and how many runs took it. */
export type Path = { steps: readonly string[]; runs: number }

/** For each step, by how many more runs another one comes before it than after it. */
const leadOf = (paths: readonly Path[]): Map<string, Map<string, number>> => {
  const lead = new Map<string, Map<string, number>>()
  const add = (before: string, after: string, runs: number): void => {
    const row = lead.get(after) ?? new Map<string, number>()
    row.set(before, (row.get(before) ?? 0) + runs)
    lead.set(after, row)
  }
  for (const { steps, runs } of paths) {
    const firsts = [...new Set(steps)]
    firsts.forEach((before, index) => {
      for (const after of firsts.slice(index + 1)) {
        add(before, after, runs)
        add(after, before, -runs)
      }
    })
  }
  return lead
}

/**
 * Sorts steps so that of two which meet in a run, the one that most runs reach first stands first. Medians of start times would
 * not do: a step on a rare branch of fast runs would stand before its own predecessor.
 * @param steps in the order that breaks ties: by median first start
 */
export const orderSteps = <S extends { step: string }>(steps: readonly S[], paths: readonly Path[]): S[] => {
  const lead = leadOf(paths)
  const open = [...steps]
  const ordered: S[] = []
  while (open.length > 0) {
    const names = new Set(open.map(({ step }) => step))
    const waitsFor = (candidate: S): number =>
      [...(lead.get(candidate.step) ?? [])].filter(([before, runs]) => runs > 0 && names.has(before)).length
    // in a loop every step waits for another: the one that waits for fewest goes first
    const fewest = Math.min(...open.map(waitsFor))
    ordered.push(
      ...open.splice(
        open.findIndex((candidate) => waitsFor(candidate) === fewest),
        1,
      ),
    )
  }
  return ordered
}
