// The primitives of the SDK between processes: what travels (headers, messages, `_meta`, ids) makes one run with its seams, waits and verdicts.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { trace } from '@opentelemetry/api'
import type { Run } from '@seamtrace/schema'
import {
  budget,
  check,
  decide,
  type HumanRequest,
  handoff,
  inject,
  pipeline,
  type RunTicket,
  receive,
  requestHuman,
  score,
  spend,
  step,
  tool,
  Waiting,
} from '@seamtrace/sdk'
import { describe, expect, test } from 'vitest'
import { runsOf } from './analyzed.fixture.ts'

type Order = { order: { id: number }; customer?: string }
const MUST_KEEP = ['order.id', 'customer']
const SENT: Order = { order: { id: 7 }, customer: 'Ada' }
const CUT: Order = { order: { id: 7 } }

const refund = ({ customer }: Order): string => {
  if (customer === undefined) throw new Error('cannot refund: nobody to pay')
  return `paid ${customer}`
}

/** As JSON keeps it: nothing but text reaches another process. */
const travelled = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

/** The span of an instrumented framework that is open where the work arrives, in a trace of its own. */
const inConsumer = <T>(work: () => T): T =>
  trace.getTracer('framework').startActiveSpan('consume', { root: true }, (span) => {
    try {
      return work()
    } finally {
      span.end()
    }
  })

/** The only run of a pipeline; that of the framework itself is none. */
const runOf = async (program: () => Promise<unknown>): Promise<Run> => {
  const [run, ...more] = (await runsOf(program)).filter(({ pipeline }) => pipeline !== 'other')
  if (run === undefined || more.length > 0) throw new Error(`cannot look at one run: there are ${more.length + (run ? 1 : 0)}`)
  return run
}

/** Sends the body as another arrives, and asks for what the other end makes of it. */
type Transport = (arrives: Order) => Promise<void>

const byHttp: Transport = async (arrives) => {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      try {
        response.end(receive(request.headers, { input: arrives }, refund))
      } catch {
        response.writeHead(500).end()
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await pipeline('refunds', async () => {
      const headers = new Headers()
      step('triage', () => handoff('refund', SENT, { mustKeep: MUST_KEEP, carrier: headers }))
      const { ok } = await fetch(url, { method: 'POST', headers: [...headers] })
      if (!ok) throw new Error('cannot refund')
    })
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

const byQueue: Transport = async (arrives) => {
  const headers: [string, string][] = []
  await pipeline('refunds', { runId: 'run-7' }, async () => {
    step('triage', () => handoff('refund', SENT, { mustKeep: MUST_KEEP, carrier: headers }))
  })
  // a broker gives bytes
  const message = Object.fromEntries(headers.map(([name, value]) => [name, Buffer.from(value)]))
  const paid = await new Promise<string>((resolve) => {
    setImmediate(() => {
      try {
        resolve(inConsumer(() => receive(message, { input: arrives }, refund)))
      } catch {
        resolve('')
      }
    })
  })
  // the customer says so, days after
  score('paid', paid !== '', { run: 'run-7' })
}

const byMcp: Transport = async (arrives) => {
  const server = (params: string): string => {
    const { _meta, ...rest } = JSON.parse(params) as { _meta: Record<string, unknown>; arguments: Order }
    return receive(_meta, { input: rest.arguments }, refund)
  }
  pipeline('refunds', () => {
    const ticket = step('triage', () => handoff('refund', SENT, { mustKeep: MUST_KEEP, mode: 'return_to_caller' }))
    const params = JSON.stringify({ name: 'refund', arguments: arrives, _meta: inject({}, ticket) })
    server(params)
  })
}

const receiptOf = (run: Run): unknown =>
  run.handoffs
    .filter(({ to }) => to === 'refund')
    .map(({ from, status, inferred, missingKeys, payloadBytes }) => ({ from, status, inferred, missingKeys, sent: payloadBytes }))

describe.each([
  ['headers of HTTP', byHttp],
  ['a message of a queue', byQueue],
  ['_meta of MCP', byMcp],
])('a handoff by %s', (_name, transport) => {
  test('is one run, with one seam from the sender to the receiver', async () => {
    const run = await runOf(() => transport(SENT))
    expect(run).toMatchObject({ pipeline: 'refunds', outcome: 'success' })
    expect(run.steps.map(({ name, parent }) => [name, parent])).toEqual([
      ['triage', ''],
      ['refund', ''],
    ])
    const sent = Buffer.byteLength(JSON.stringify(SENT))
    expect(receiptOf(run)).toEqual([{ from: 'triage', status: 'delivered', inferred: false, missingKeys: [], sent }])
  })

  test('that loses what the receiver needs is charged to that seam', async () => {
    const run = await runOf(() => transport(CUT))
    expect(receiptOf(run)).toMatchObject([{ from: 'triage', status: 'delivered', missingKeys: ['customer'] }])
    expect(run).toMatchObject({
      outcome: 'failure',
      attributedTo: { seam: 'triage→refund', seamKind: 'handoff', gap: 'state', kind: 'missing_state' },
    })
  })
})

test('work that is handed on by who received it stays in the run', async () => {
  const run = await runOf(async () => {
    const [first, second]: Record<string, string>[] = [{}, {}]
    pipeline('refunds', () => step('triage', () => handoff('refund', SENT, { carrier: first })))
    receive(travelled(first) ?? {}, { input: SENT }, () => handoff('bank', SENT, { carrier: second }))
    inConsumer(() => receive(travelled(second) ?? {}, { input: SENT }, refund))
  })
  expect(run.steps.map(({ name, parent }) => [name, parent])).toEqual([
    ['triage', ''],
    ['refund', ''],
    ['bank', ''],
  ])
  expect(run.handoffs.map(({ from, to }) => `${from}→${to}`)).toEqual(['start→triage', 'triage→refund', 'refund→bank'])
})

describe('a person who is asked', () => {
  const askedBy = async (runId?: string): Promise<HumanRequest> => {
    let request: HumanRequest | undefined
    await pipeline('refunds', { runId }, async () => {
      request = step('approve', () => requestHuman('officer', { type: 'approval' }))
      throw new Waiting('approval')
    }).catch(() => {})
    return travelled(request as HumanRequest)
  }

  test.each([undefined, 'run-7'])('is waited for until the run goes on, run id %s', async (runId) => {
    const waiting = await runOf(async () => {
      const request = await askedBy(runId)
      inConsumer(() => decide(request, 'approved'))
    })
    expect(waiting).toMatchObject({ pipeline: 'refunds', outcome: 'waiting' })
    const run = await runOf(async () => {
      const request = await askedBy(runId)
      inConsumer(() => decide(request, 'approved'))
      pipeline('refunds', { runId: request.run?.id }, () => step('pay', () => 1))
    })
    expect(run.outcome).toBe('success')
    expect(run.steps.map(({ name }) => name)).toEqual(['approve', 'pay'])
    expect(run.calls.map(({ type, name, outcome }) => [type, name, outcome])).toEqual([
      ['human', 'officer', 'waiting'],
      ['human', 'officer', 'success'],
    ])
  })
})

describe('a budget that stops', () => {
  const now = (): number => performance.now()
  const work = (): void => {
    spend({ tokens: 10, costUsd: 2 })
    for (const begin = now(); now() - begin < 2; );
  }
  test.each([
    [{ steps: 1 }, 'step_budget', 'control'],
    [{ tokens: 5 }, 'cost_budget', 'error'],
    [{ costUsd: 1 }, 'cost_budget', 'error'],
    [{ timeMs: 1 }, 'deadline', 'control'],
  ])('%j is charged to the seam into what it refused', async (limits, kind, gap) => {
    const run = await runOf(async () =>
      pipeline('p', () =>
        budget({ ...limits, onExceeded: 'stop' }, () => {
          step('a', work)
          step('b', () => tool('t', () => 1))
        }),
      ),
    )
    expect(run).toMatchObject({ outcome: 'failure', attributedTo: { seam: 'a→b', gap, kind, certain: true } })
  })
})

describe('a score that says no', () => {
  const done = (runId?: string): RunTicket => {
    const ticket = pipeline('p', { runId }, () => {
      const sent = step('a', () => handoff('b', 1))
      receive(sent, () => 1)
      return sent.run
    })
    return travelled(ticket as RunTicket)
  }

  test('of the result is a failure that no seam explains; of a step it is charged to that', async () => {
    const run = await runOf(async () => pipeline('p', () => score('ok', step('a', () => 1) > 1)))
    expect(run).toMatchObject({ outcome: 'failure', attributedTo: null })
    const ofStep = await runOf(async () =>
      pipeline('p', () => {
        step('a', () => 1)
        step('b', () => 1)
        score('ok', 0.2, { threshold: 0.5, of: 'b' })
      }),
    )
    expect(ofStep).toMatchObject({ outcome: 'failure', attributedTo: { seam: 'a→b', kind: 'rejected_by_check' } })
  })

  test.each([
    ['its derived id', undefined, ({ id }: RunTicket) => id],
    ['an id of its own', 'run-7', ({ id }: RunTicket) => id],
    ['its ticket', undefined, (ticket: RunTicket) => ticket],
    ['its ticket with an id of its own', 'run-7', (ticket: RunTicket) => ticket],
  ])('reaches a run that is over by %s', async (_by, runId, by) => {
    const run = await runOf(async () => {
      const earlier = done(runId)
      inConsumer(() => score('ok', false, { run: by(earlier), of: 'a' }))
    })
    expect(run).toMatchObject({ pipeline: 'p', outcome: 'failure', attributedTo: { seam: 'start→a', kind: 'rejected_by_check' } })
  })

  test.each([false, true])('and one that says yes turns no failure, nor a wait, into a success (waits: %s)', async (waits) => {
    const run = await runOf(async () => {
      const broken = pipeline('p', { runId: 'run-7' }, async () => step('a', () => Promise.reject(waits ? new Waiting() : new Error('no'))))
      await broken.catch(() => {})
      score('ok', true, { run: 'run-7' })
    })
    expect(run).toMatchObject({ pipeline: 'p', outcome: waits ? 'waiting' : 'failure' })
  })

  test('of a run that never came is no run that went well', async () => {
    expect(await runsOf(async () => score('ok', true, { run: 'run-9' }))).toMatchObject([{ runId: 'run-9', outcome: 'unknown' }])
  })
})

test('a check of the result is of the step that it names, wherever that ran', async () => {
  const headers: Record<string, string> = {}
  const run = await runOf(async () => {
    pipeline('p', () => step('a', () => handoff('b', SENT, { carrier: headers })))
    receive(travelled(headers), { input: SENT }, () => check('fine', { of: 'result' }, () => true))
  })
  expect(run).toMatchObject({ outcome: 'success' })
})
