// Setting and removing prices of a project. Every change is in the audit before it is made.
import { MAX_PROJECT_PRICES, PRICE_CHANGE_NOTE, type ProjectPrice, SeamtraceError, type SetPrice } from '@seamtrace/schema'
import { writeAudit } from '../store/access-rows.ts'
import type { Store } from '../store/open.ts'
import { type PriceName, readPrices, writePrice } from '../store/price-rows.ts'
import type { Caller } from './caller.ts'

export type PriceChange = { price: SetPrice; note: string }

const nameOf = ({ model, provider = '', from = '' }: ProjectPrice): PriceName => ({
  model: model.toLowerCase(),
  provider: provider.toLowerCase(),
  from,
})
const isSame = (a: PriceName, b: PriceName): boolean => a.model === b.model && a.provider === b.provider && a.from === b.from
const textOf = ({ model, provider, from }: PriceName): string =>
  [model, provider && `of ${provider}`, from && `from ${from}`].filter(Boolean).join(' ')

type Where = { store: Pick<Store, 'client'>; project: string; caller: Caller }

const change = async ({ store, project, caller }: Where, price: ProjectPrice, isRemoved: boolean): Promise<PriceChange> => {
  const name = nameOf(price)
  const at = new Date().toISOString()
  const detail = JSON.stringify(price)
  await writeAudit(store, {
    project,
    at,
    actor: caller.name,
    action: isRemoved ? 'price.remove' : 'price.set',
    target: textOf(name),
    detail,
  })
  await writePrice(store, project, name, { price, setBy: caller.name, isRemoved })
  return { price: { ...price, setBy: caller.name, updatedAt: at }, note: PRICE_CHANGE_NOTE }
}

/** @throws SeamtraceError conflict when the project has as many as it may have */
export const setPrice = async (where: Where, price: ProjectPrice): Promise<PriceChange> => {
  const known = await readPrices(where.store, where.project)
  if (known.length >= MAX_PROJECT_PRICES && !known.some((one) => isSame(nameOf(one), nameOf(price))))
    throw new SeamtraceError('conflict', `cannot set more than ${MAX_PROJECT_PRICES} prices: remove some, or use patterns`, {
      parameters: ['model'],
    })
  return change(where, price, false)
}

/** @throws SeamtraceError not_found when there is no such price */
export const removePrice = async (where: Where, { model, provider, from }: PriceName): Promise<PriceChange> => {
  const name = { model: model.trim().toLowerCase(), provider: provider.trim().toLowerCase(), from }
  const found = (await readPrices(where.store, where.project)).find((one) => isSame(nameOf(one), name))
  if (!found)
    throw new SeamtraceError('not_found', `cannot remove the price of ${textOf(name)}: the project set none`, { parameters: ['model'] })
  const { setBy: _, updatedAt: __, ...price } = found
  return change(where, price, true)
}
