// Wraps methods of objects that belong to the program.

export type Method = (...args: unknown[]) => unknown

/** Calls of a method come by `around`, which passes them on; what is no method stays as it is. */
export function wrapMethod(owner: unknown, name: string, around: (method: Method, args: unknown[]) => unknown): void {
  if (typeof owner !== 'object' || owner === null) return
  const method: unknown = Reflect.get(owner, name)
  if (typeof method !== 'function') return
  Reflect.set(owner, name, (...args: unknown[]) => around((...given) => Reflect.apply(method, owner, given), args))
}

/** The `fetch` that a client was made with; like clients call it, without an owner, which some platforms insist on. */
export function wrapFetch(client: object, around: (send: () => unknown, request: unknown) => unknown): void {
  const send: unknown = Reflect.get(client, 'fetch')
  if (typeof send !== 'function') return
  Reflect.set(client, 'fetch', (...args: unknown[]) => around(() => Reflect.apply(send, undefined, args), args[1]))
}
