// Results that come bit by bit: the span of who makes them ends when they are read to the end, given up or broken.
import { type Context, context } from '@opentelemetry/api'

/** One of them is called, once. */
export interface StreamEnd {
  /** read to the end, or as far as the reader wanted */
  done(): void
  failed(error: unknown): void
}

/**
 * The same stream, watched: generators and other async iterables keep their identity, a plain `ReadableStream` is replaced by one that
 * reads from it, where it may be. Undefined for what is no stream.
 */
export function watchStream<T>(value: T, at: Context, given: StreamEnd, mayReplace: boolean): T | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const end = onceOf(given)
  if (value instanceof ReadableStream && value.constructor === ReadableStream) {
    return value.locked || !mayReplace ? undefined : (relayed(value, end) as T)
  }
  const kind = Object.prototype.toString.call(value)
  if (kind === '[object Generator]' || kind === '[object AsyncGenerator]') return shadowIterator(value, at, end) ? value : undefined
  return shadowIterable(value, at, end) ? value : undefined
}

function onceOf(end: StreamEnd): StreamEnd {
  let over = false
  const first = (tell: () => void): void => {
    if (over) return
    over = true
    tell()
  }
  return {
    done: () => first(end.done),
    failed: (error) => first(() => end.failed(error)),
  }
}

type Method = (...args: unknown[]) => unknown

const methodOf = (holder: object, name: PropertyKey): Method | undefined => {
  const method: unknown = Reflect.get(holder, name)
  return typeof method === 'function' ? (method as Method) : undefined
}

const shadow = (holder: object, name: PropertyKey, value: Method): boolean =>
  Reflect.defineProperty(holder, name, { value, configurable: true, writable: true })

/** Every way out of an iterator: `next` that is done or throws, `return` of who stops early, `throw`. */
function shadowIterator(iterator: object, at: Context, end: StreamEnd): boolean {
  if (!Object.isExtensible(iterator)) return false
  const watch = (name: 'next' | 'return' | 'throw', onDone: () => void): boolean => {
    const method = methodOf(iterator, name)
    if (method === undefined) return false
    return shadow(iterator, name, (...args) => {
      let result: unknown
      try {
        result = context.with(at, () => Reflect.apply(method, iterator, args))
      } catch (error) {
        end.failed(error)
        throw error
      }
      const look = (answer: unknown): void => {
        if (typeof answer === 'object' && answer !== null && Reflect.get(answer, 'done') === true) onDone()
      }
      if (result instanceof Promise) result.then(look, end.failed)
      else look(result)
      return result
    })
  }
  const isWatched = watch('next', end.done)
  watch('return', end.done)
  watch('throw', end.done)
  return isWatched
}

/** A list of a vendor's client that is read by `for await`. What also tells of itself by events is read by them, and ends as it is. */
function shadowIterable(value: object, at: Context, end: StreamEnd): boolean {
  if (methodOf(value, 'on') !== undefined || !Object.isExtensible(value)) return false
  return shadowIteration(value, (make) => {
    const iterator = context.with(at, make)
    if (typeof iterator === 'object' && iterator !== null) shadowIterator(iterator, at, end)
    return iterator
  })
}

/**
 * Comes between an object and who iterates it. While the own way is asked it is back in its place: one behind a proxy, as Google's client
 * has it, asks the object for its iterator, which would be ours again.
 */
export function shadowIteration(value: object, around: (make: () => unknown) => unknown): boolean {
  const make = methodOf(value, Symbol.asyncIterator)
  if (make === undefined) return false
  const before = Reflect.getOwnPropertyDescriptor(value, Symbol.asyncIterator)
  const restore = (): boolean =>
    before === undefined ? Reflect.deleteProperty(value, Symbol.asyncIterator) : Reflect.defineProperty(value, Symbol.asyncIterator, before)
  const ours: Method = (...args) =>
    around(() => {
      restore()
      try {
        return Reflect.apply(make, value, args)
      } finally {
        shadow(value, Symbol.asyncIterator, ours)
      }
    })
  return shadow(value, Symbol.asyncIterator, ours)
}

/** Reads only what is asked for, so that it holds back as the one behind it would. */
function relayed<R>(source: ReadableStream<R>, end: StreamEnd): ReadableStream<R> {
  const isBytes = readsBytes(source)
  const reader = source.getReader()
  const pull = async (controller: ReadableStreamDefaultController<R> | ReadableByteStreamController): Promise<void> => {
    try {
      const { done, value } = await reader.read()
      if (!done) return controller.enqueue(value as R & ArrayBufferView<ArrayBuffer>)
      end.done()
      controller.close()
      if ('byobRequest' in controller) controller.byobRequest?.respond(0)
    } catch (error) {
      end.failed(error)
      throw error
    }
  }
  const cancel = (reason: unknown): Promise<void> => {
    end.done()
    return reader.cancel(reason)
  }
  return isBytes
    ? (new ReadableStream({ type: 'bytes', pull, cancel }) as ReadableStream<unknown> as ReadableStream<R>)
    : new ReadableStream<R>({ pull, cancel }, { highWaterMark: 0 })
}

function readsBytes(source: ReadableStream<unknown>): boolean {
  try {
    ;(source as ReadableStream<Uint8Array<ArrayBuffer>>).getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}
