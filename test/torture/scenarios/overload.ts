// Far more than the store can take, in bodies as large as they may be: memory stays bounded, refusals come at once.
import { connect } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pause, request } from '../http.ts'
import { signal } from '../proc.ts'
import { createRig, NO_LOAD } from '../rig.ts'
import { expectThat, quantile, type Scenario } from '../scenario.ts'

const MIB = 1024 * 1024
const SENDERS = 32
/** So many different ones: 32 of 60 MiB each would be the sender's overload. */
const PAYLOADS = 4
const TREE_MIB = 1_536
// The sender has the other core and sends 60 MiB at a time: alone, a refusal takes a few milliseconds.
const REFUSAL_P99_MS = 1_000
const LONGEST_MS = 10_000
/** The engine stands still for so much of the time. */
const STOPPED_MS = 1_500
const RUNNING_MS = 500

export const overload: Scenario = {
  name: 'overload',
  alone: true,
  what: `${SENDERS} senders of 60 MiB bodies at once, an engine that stands still three quarters of the time`,
  run: async (context, report) => {
    const untilMs = Date.now() + context.sized(60_000, 300_000)
    // 400 spans of 150 kB: just below the 64 MiB that a body may have
    const shape = { traces: 20, spans: 20, contentBytes: 155_000, plain: true }
    const rig = await createRig(context, report, { shape, spool: { maxBytes: 512 * MIB } })
    const life = await rig.begin()
    const { oracle } = rig
    const bodies = Array.from({ length: PAYLOADS }, () => oracle.claim()).map((payload) => ({ payload, ...oracle.bodyOf(payload) }))
    const isOver = (): boolean => Date.now() > untilMs || !life.isAlive()
    const idleMib = life.bytes() / MIB
    let maxMib = 0
    const refusedMs: number[] = []
    const lag = monitorEventLoopDelay({ resolution: 5 })
    lag.enable()

    const sendOnce = async ({ payload, bytes, headers }: (typeof bodies)[number]): Promise<void> => {
      const answer = await request(`${life.otlp}/v1/traces`, { method: 'POST', headers, body: bytes, timeoutMs: 60_000 }).then(
        ({ status }) => status,
        () => 'broken',
      )
      oracle.answered(payload, answer)
      expectThat(report, answer === 'broken' || [200, 429, 503].includes(Number(answer)), `a sound body got ${answer}`)
      if (answer !== 200) await pause(200 + context.random() * 300)
    }
    const send = async (sender: number): Promise<void> => {
      for (let turn = sender; !isOver(); turn++) {
        const one = bodies[turn % PAYLOADS]
        if (one) await sendOnce(one)
      }
    }
    const stall = async (): Promise<void> => {
      while (!isOver()) {
        const engine = life.engine()
        if (engine) signal(engine, 'SIGSTOP')
        await pause(STOPPED_MS)
        if (engine) signal(engine, 'SIGCONT')
        await pause(RUNNING_MS)
      }
    }
    const weigh = async (): Promise<void> => {
      for (; !isOver(); await pause(100)) maxMib = Math.max(maxMib, life.bytes() / MIB)
    }
    const probe = async (): Promise<void> => {
      while (!isOver()) {
        const tookMs = await refusalMs(Number(new URL(life.otlp).port))
        if (tookMs !== null) refusedMs.push(tookMs)
        context.progress(`${Math.round(maxMib)} MiB at most, ${refusedMs.length} refusals timed`)
        await pause(100)
      }
    }
    await Promise.all([...Array.from({ length: SENDERS }, (_, sender) => send(sender)), stall(), weigh(), probe()])
    lag.disable()
    const lagMs = lag.percentile(99) / 1e6
    const p99 = quantile(refusedMs, 0.99)
    Object.assign(report.figures, {
      'idle MiB': idleMib,
      'max MiB': maxMib,
      refusals: refusedMs.length,
      'refusal p50 ms': quantile(refusedMs, 0.5),
      'refusal p99 ms': p99,
      'own lag p99 ms': lagMs,
    })
    expectThat(report, life.isAlive(), `the collector ended: ${life.told().slice(-400)}`)
    expectThat(report, maxMib <= TREE_MIB, `${Math.round(maxMib)} MiB of memory, more than ${TREE_MIB}`)
    expectThat(report, refusedMs.length > 0, 'nothing was refused: this was no overload')
    expectThat(report, p99 <= REFUSAL_P99_MS + lagMs, `a refusal takes ${Math.round(p99)} ms (p99), more than ${REFUSAL_P99_MS}`)
    if (!life.isAlive()) return
    // what was refused so far comes again, in its own time
    for (const one of bodies) {
      const giveUpMs = Date.now() + 60_000
      while (!oracle.isAcked(one.payload) && Date.now() < giveUpMs) await sendOnce(one)
    }
    expectThat(report, oracle.open() === 0, `${oracle.open()} bodies are still refused a minute after the overload`)
    await rig.judge(NO_LOAD, { settleMs: 120_000, details: 40 })
  },
}

/** How long a refusal takes when only the head of a large request was sent; null when it would be taken. */
const refusalMs = (port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const startedMs = performance.now()
    const socket = connect(port, '127.0.0.1')
    // one that is not answered at all counts as one that takes so long
    let timer = setTimeout(() => end(LONGEST_MS), LONGEST_MS)
    let answered = ''
    const end = (value: number | null): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(value)
    }
    socket.on('data', (answer) => {
      answered += answer.toString('latin1')
      if (/HTTP\/1.1 (429|503)/.test(answered)) return end(performance.now() - startedMs)
      // told to go on: a refusal would be right behind
      clearTimeout(timer)
      timer = setTimeout(() => end(null), 100)
    })
    socket.once('error', () => end(null))
    const head = ['POST /v1/traces HTTP/1.1', 'host: localhost', 'content-type: application/x-protobuf', 'expect: 100-continue']
    socket.write(`${head.join('\r\n')}\r\ncontent-length: ${60 * MIB}\r\n\r\n`)
  })
