// GET /prices: the prices that the project set, and where the built-in ones come from.
import { type EndpointResponse, PRICE_SOURCES, PRICES, PRICES_DATE } from '@seamtrace/schema'
import { readPrices } from '../store/price-rows.ts'
import type { Scope } from './scope.ts'

export const prices = async ({ store, project }: Scope): Promise<EndpointResponse<'prices'>> => ({
  items: await readPrices(store, project),
  nextCursor: null,
  builtIn: {
    date: PRICES_DATE,
    models: new Set(PRICES.map(({ model }) => model)).size,
    sources: Object.entries(PRICE_SOURCES).map(([name, { url, asOf }]) => ({ name, url, asOf })),
  },
})
