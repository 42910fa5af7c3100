// Passes items from a producer that never waits to a reader that may be slow, or may leave.

export interface Relay<T> {
  push(item: T): void
  /** ends the items; with an error, the reader gets it after the last item */
  end(failure?: { error: unknown }): void
  items(): AsyncGenerator<T>
}

export function relay<T>(): Relay<T> {
  const waiting: T[] = []
  let ended: { failure: { error: unknown } | undefined } | undefined
  let wake = (): void => {}
  return {
    push: (item) => {
      waiting.push(item)
      wake()
    },
    end: (failure) => {
      ended = { failure }
      wake()
    },
    async *items() {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift() as T
        if (ended?.failure !== undefined) throw ended.failure.error
        if (ended !== undefined) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
