// Random programs: units in units, of every form in which a program may be written, which give values, throw, abort and are given up.
import fc from 'fast-check'
import {
  agent,
  budget,
  check,
  handoff,
  human,
  memory,
  open,
  pipeline,
  receive,
  retrieval,
  retry,
  score,
  state,
  step,
  tool,
  Waiting,
  wrap,
} from '../src/index.ts'

export type Program =
  | { kind: 'value'; value: unknown }
  | { kind: 'throw'; error: string }
  | { kind: 'abort' }
  | { kind: 'unit'; unit: UnitName; form: Form; catches: boolean; take: number; body: Program[] }

const FORMS = ['async', 'sync', 'generator', 'async generator', 'ReadableStream'] as const
type Form = (typeof FORMS)[number]
type Body = () => unknown
/** Runs the body as a unit, or merely runs it. */
type Around = (body: Body, unit: UnitName) => unknown

const byHand = (begin: (typeof open)['step'], body: Body): unknown => {
  const unit = begin('by hand', { input: { a: 1 } })
  try {
    return unit.run(body)
  } catch (error) {
    unit.fail(error)
    throw error
  } finally {
    unit.end()
  }
}

const travelled = (): Record<string, string> => {
  const headers: Record<string, string> = {}
  handoff('b', { order: { id: 1 } }, { mustKeep: ['order.id', 'gone'], carrier: headers })
  return headers
}

const UNITS = {
  pipeline: (body: Body) => pipeline('p', { runId: 'run', input: { a: 1 } }, body),
  step: (body: Body) => step('s', { input: { a: 1 }, needs: ['a', 'b'] }, body),
  wrapped: (body: Body) => wrap.step('w', body)(),
  tool: (body: Body) => tool('t', { input: [1] }, body),
  agent: (body: Body) => agent('a', body),
  retrieval: (body: Body) => retrieval('r', { topK: 3 }, body),
  state: (body: Body) => state('store', 'get', { key: 'k' }, body),
  memory: (body: Body) => memory('store', 'put', { value: { a: 1 } }, body),
  check: (body: Body) => check('c', { of: 'result' }, body as () => boolean),
  human: (body: Body) => human('h', { type: 'review' }, body as () => string),
  receive: (body: Body) => receive(travelled(), { input: { order: {} } }, body),
  budget: (body: Body) => budget({ steps: 1_000_000 }, body),
  open: (body: Body) => byHand(open.step, body),
  retry: (body: Body) => retry('again', { attempts: 2, backoffMs: 0 }, body),
} as const
export type UnitName = keyof typeof UNITS

/** With the SDK, whatever it does then. */
export const recorded: Around = (body, unit) => {
  score('seen', 0.5)
  return UNITS[unit](body)
}

/** As if there were no SDK. */
export const bare: Around = (body, unit) => (unit === 'retry' ? tryTwice(body) : body())

async function tryTwice(body: Body): Promise<unknown> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof Waiting) throw error
    return await body()
  }
}

const errorOf = (name: string): unknown => {
  if (name === 'waiting') return new Waiting('later')
  if (name === 'abort') return new DOMException('gone', 'AbortError')
  if (name === 'null') return null
  return name === 'text' ? 'only a text' : Object.assign(new RangeError(name), { code: 'E_TEST' })
}

/** What a reader gets of a stream, and whether it takes all: `take` items at the most. */
async function readAsync(stream: AsyncIterable<unknown>, take: number): Promise<unknown[]> {
  const items: unknown[] = []
  for await (const item of stream) {
    items.push(item)
    if (items.length >= take) break
  }
  return items
}

function readSync(stream: Iterable<unknown>, take: number): unknown[] {
  const items: unknown[] = []
  for (const item of stream) {
    items.push(item)
    if (items.length >= take) break
  }
  return items
}

/** Not asked ahead: whether it then breaks before or after its reader leaves is a race of the program. */
const streamOf = (source: AsyncGenerator<unknown>): ReadableStream<unknown> =>
  new ReadableStream(
    {
      pull: async (controller) => {
        const { done, value } = await source.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: async () => void (await source.return(undefined)),
    },
    { highWaterMark: 0 },
  )

const caught = (error: unknown): unknown => ['caught', String(error)]

/** Runs what is written there; the answer settles always. */
export const runProgram = (program: Program, around: Around, controller: AbortController): Promise<unknown> => {
  const leaf = (node: Exclude<Program, { kind: 'unit' }>): unknown => {
    if (node.kind === 'throw') throw errorOf(node.error)
    if (node.kind === 'abort') controller.abort()
    return node.kind === 'value' ? node.value : 'aborted'
  }
  // in what is synchronous everything is, and a retry would be no operation that is over
  const runSync = (node: Program): unknown => {
    if (node.kind !== 'unit') return leaf(node)
    const unit = node.unit === 'retry' ? 'step' : node.unit
    const body = (): unknown => node.body.map(runSync)
    const items = function* (): Generator<unknown> {
      for (const child of node.body) yield runSync(child)
    }
    try {
      return node.form === 'generator' ? readSync(around(items, unit) as Iterable<unknown>, node.take) : around(body, unit)
    } catch (error) {
      if (!node.catches) throw error
      return caught(error)
    }
  }
  const runAsync = async (node: Program): Promise<unknown> => {
    if (node.kind !== 'unit') return leaf(node)
    if (node.form === 'sync' || node.form === 'generator') return runSync(node)
    const items = async function* (): AsyncGenerator<unknown> {
      for (const child of node.body) yield await runAsync(child)
    }
    const bodies: Record<'async' | 'async generator' | 'ReadableStream', Body> = {
      async: async () => {
        const results: unknown[] = []
        for (const child of node.body) results.push(await runAsync(child))
        return results
      },
      'async generator': items,
      ReadableStream: () => streamOf(items()),
    }
    try {
      const result = await around(bodies[node.form], node.unit)
      return node.form === 'async' ? result : await readAsync(result as AsyncIterable<unknown>, node.take)
    } catch (error) {
      if (!node.catches) throw error
      return caught(error)
    }
  }
  return runAsync(program)
}

const value = fc.oneof(fc.constantFrom<unknown>(undefined, null, '', 0, [], { ok: false }, { results: [] }), fc.json(), fc.object())

export const programs: fc.Arbitrary<Program> = fc.letrec<{ node: Program; unit: Program }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    { arbitrary: fc.record({ kind: fc.constant('value' as const), value }), weight: 4 },
    {
      arbitrary: fc.record({ kind: fc.constant('throw' as const), error: fc.constantFrom('error', 'text', 'null', 'waiting', 'abort') }),
      weight: 1,
    },
    { arbitrary: fc.record({ kind: fc.constant('abort' as const) }), weight: 1 },
    { arbitrary: tie('unit'), weight: 6 },
  ),
  unit: fc.record({
    kind: fc.constant('unit' as const),
    unit: fc.constantFrom(...(Object.keys(UNITS) as UnitName[])),
    form: fc.constantFrom(...FORMS),
    catches: fc.boolean(),
    take: fc.integer({ min: 1, max: 4 }),
    body: fc.array(tie('node'), { maxLength: 4 }),
  }),
})).unit
