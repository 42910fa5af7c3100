// Lets what runs inside an agent or tool stand below its span: the framework's own scope tells which one that is.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, context } from '@opentelemetry/api'
import { fields, text } from '../fields.ts'

/** A `TracingContextStorage`. */
export interface AgentsStorage {
  run<T>(store: unknown, callback: () => T): T
  getStore(): unknown
  enterWith(store: unknown): void
}

/** A context that is looked up anew each time: within one scope of the framework the current span changes. */
const lookedUp = (current: () => Context): Context => ({
  getValue: (key) => current().getValue(key),
  setValue: (key, value) => current().setValue(key, value),
  deleteValue: (key) => current().deleteValue(key),
})

const spanIdIn = (store: unknown): string => {
  const { active, span } = fields(store)
  return active === true ? text(Reflect.get(Object(span), 'spanId')) : ''
}

/** Like the framework's own storage, with our context set to that of the span which is current in it. */
export function nestingStorage(contextOf: (spanId: string) => Context | undefined): AgentsStorage {
  const stores = new AsyncLocalStorage<unknown>()
  return {
    run(store, callback) {
      const outer = context.active()
      const inside = lookedUp(() => contextOf(spanIdIn(store)) ?? outer)
      return stores.run(store, () => context.with(inside, callback))
    },
    getStore: () => stores.getStore(),
    enterWith: (store) => stores.enterWith(store),
  }
}
