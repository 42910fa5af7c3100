// Prices that projects set, as rows.
import { ProjectPrice, type SetPrice } from '@seamtrace/schema'
import type { Store } from './open.ts'
import { type ReadLimits, readRows } from './read.ts'

type Reader = Pick<Store, 'client'>

/** A small table, asked every second while there is work: an engine that takes longer is away. */
const LIMITS: ReadLimits = { maxMemoryBytes: 128 * 1024 * 1024, maxSeconds: 5, maxRows: 1_000_000 }

/** What a price is known by. */
export type PriceName = { model: string; provider: string; from: string }

type Row = { project: string; price: string; setBy: string; updatedMs: number }

const COLUMNS = 'project, price, set_by AS setBy, toUnixTimestamp64Milli(updated_at) AS updatedMs'

/** What a later release may have written and this one cannot read has no price here, and its calls are unpriced or as built in. */
const priceOf = ({ price, setBy, updatedMs }: Row): SetPrice[] => {
  const parsed = ProjectPrice.safeParse(JSON.parse(price))
  return parsed.success ? [{ ...parsed.data, setBy, updatedAt: new Date(updatedMs).toISOString() }] : []
}

/** The prices of one project, by model, provider and first day. */
export const readPrices = async (store: Reader, project: string): Promise<SetPrice[]> => {
  const sql = `
SELECT ${COLUMNS}
FROM project_prices FINAL
WHERE project = {project:String} AND is_removed = 0
ORDER BY model, provider, valid_from`
  return (await readRows<Row>(store, sql, { project }, LIMITS)).flatMap(priceOf)
}

/** The prices of all projects that set any. */
export const readAllPrices = async (store: Reader): Promise<Map<string, ProjectPrice[]>> => {
  const sql = `SELECT ${COLUMNS} FROM project_prices FINAL WHERE is_removed = 0 ORDER BY project, model, provider, valid_from`
  const rows = await readRows<Row>(store, sql, {}, LIMITS)
  return new Map([...Map.groupBy(rows, ({ project }) => project)].map(([project, own]) => [project, own.flatMap(priceOf)]))
}

/** When the prices of a project last changed, in milliseconds; 0 when it never set one. */
export const pricesChangedMs = async (store: Reader, project: string): Promise<number> => {
  const sql = `
SELECT toUnixTimestamp64Milli(max(updated_at)) AS at, count() AS prices
FROM project_prices
WHERE project = {project:String}`
  const [row] = await readRows<{ at: number; prices: number }>(store, sql, { project }, LIMITS)
  return row && row.prices > 0 ? row.at : 0
}

/** Stamped by the engine: runs are older or newer than a price by one clock. */
export const writePrice = async (
  { client }: Reader,
  project: string,
  { model, provider, from }: PriceName,
  { price, setBy, isRemoved }: { price: ProjectPrice; setBy: string; isRemoved: boolean },
): Promise<void> => {
  await client.command({
    query: `INSERT INTO project_prices (project, provider, model, valid_from, price, set_by, updated_at, is_removed)
      SELECT {project:String}, {provider:String}, {model:String}, {from:String}, {price:String}, {setBy:String}, now64(3, 'UTC'), {isRemoved:UInt8}`,
    query_params: { project, provider, model, from, price: JSON.stringify(price), setBy, isRemoved: isRemoved ? 1 : 0 },
  })
}
