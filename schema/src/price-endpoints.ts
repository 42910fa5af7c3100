// The endpoints of prices: those that a project set, before which no other counts, and where the built-in ones come from.
import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { ProjectPrice } from './price-of-model.ts'

/** As many as a person can oversee; the analysis looks through all of them. */
export const MAX_PROJECT_PRICES = 500

const SetPrice = ProjectPrice.safeExtend({ updatedAt: z.string(), setBy: z.string() })
export type SetPrice = z.infer<typeof SetPrice>

const REANALYZE = 'runs are priced by it when they are next analyzed; seamtrace reanalyze does that for all that are stored'
export const PRICE_CHANGE_NOTE = REANALYZE

const none = z.object({})
/** What a price is known by: its model, its provider and its first day. */
const PriceName = z.object({
  model: z.string().min(1).max(200),
  provider: z.string().max(200).default(''),
  from: z.union([z.literal(''), z.iso.date()]).default(''),
})

export const PRICE_ENDPOINTS = {
  prices: {
    path: '/prices',
    role: 'read',
    summary: 'Prices of the project, and where the built-in ones come from',
    params: none,
    query: none,
    response: z.object({
      items: z.array(SetPrice),
      nextCursor: z.null(),
      builtIn: z.object({
        /** on which the table was made */
        date: z.string(),
        models: z.int(),
        sources: z.array(z.object({ name: z.string(), url: z.string(), asOf: z.string() })),
      }),
    }),
  },
  setPrice: {
    method: 'PUT',
    path: '/prices',
    role: 'admin',
    summary: 'Set the price of a model, or of all that a pattern fits; it replaces that of the same model, provider and first day',
    params: none,
    query: none,
    body: ProjectPrice,
    response: z.object({ price: SetPrice, note: z.string() }),
  },
  removePrice: {
    method: 'DELETE',
    path: '/prices',
    role: 'admin',
    summary: 'Remove a price of the project',
    params: none,
    query: PriceName,
    response: z.object({ price: SetPrice, note: z.string() }),
  },
} as const satisfies Record<string, Endpoint>
