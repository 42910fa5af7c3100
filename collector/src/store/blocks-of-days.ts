// Cuts rows into blocks that the engine takes: the tables are partitioned by day.

// A block of more than 100 partitions (days) is refused whole (max_partitions_per_insert_block).
const MAX_DAYS = 100

/**
 * Nearly always one block; more only for old records or clocks gone mad.
 * @param timeOf nanoseconds since 1970 as text: the time by which a row finds its day
 */
export const blocksOfDays = <T>(rows: readonly T[], timeOf: (row: T) => string): T[][] => {
  const blockOfDay = new Map<number, T[]>()
  const blocks: T[][] = []
  for (const row of rows) {
    const day = Math.floor(Number(timeOf(row).slice(0, -9)) / 86_400)
    let block = blockOfDay.get(day)
    if (!block) {
      block = blockOfDay.size % MAX_DAYS === 0 ? [] : (blocks.at(-1) ?? [])
      if (block.length === 0) blocks.push(block)
      blockOfDay.set(day, block)
    }
    block.push(row)
  }
  return blocks
}
