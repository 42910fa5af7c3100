// How long one run takes until it can be asked for and until it is analyzed, on a system with nothing else to do; and what idling costs.
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeTraces } from '../../../collector/src/decode/decode-traces.ts'
import type { CollectorProcess } from './collector-process.ts'
import { type CpuByProcess, cpuBetween, type ProcessSample, rssByProcess, totalCpu, type Watch } from './process-tree.ts'
import { createRequests, type RequestOptions } from './requests.ts'

export type Percentiles = { p50: number; p95: number; max: number }

/** `ackMs` from the request on, the others from the acknowledgement on. */
export type Latency = { probes: number; spans: number; ackMs: Percentiles; queryableMs: Percentiles; analyzedMs: Percentiles }

export type Idle = { seconds: number; cpuShareByProcess: CpuByProcess; rssBytesByProcess: Record<string, number> }

const LIMIT_MS = 60_000

/** Until the processes use less than a twentieth of a core for 2 s, a minute at the most: merges of the load before go on for a while. */
export const untilQuiet = async (watch: Watch): Promise<void> => {
  const untilMs = performance.now() + LIMIT_MS
  for (let before = watch.cpu(); ; ) {
    await sleep(2_000)
    const now = watch.cpu()
    if (totalCpu(cpuBetween(before, now)) < 0.1 || performance.now() > untilMs) return
    before = now
  }
}

export const measureLatency = async ({ otlpUrl, apiUrl }: CollectorProcess, options: RequestOptions, probes = 100): Promise<Latency> => {
  // other ids than those of the load
  const requests = createRequests({ ...options, seed: options.seed + 1_000_000, spansPerRequest: 19 })
  let sentSpans = 0
  const times: { ack: number; queryable: number; analyzed: number }[] = []
  for (let number = 0; number < probes; number++) {
    const { body } = requests.at(number, Date.now() - 20_000)
    const { spans } = decodeTraces(body, 'protobuf')
    sentSpans += spans.length
    const root = spans.find(({ parentSpanId }) => parentSpanId === '')
    if (!root) throw new Error('cannot probe: the request has no root')
    const sentMs = performance.now()
    const headers = { 'content-type': 'application/x-protobuf' }
    const answer = await fetch(otlpUrl, { method: 'POST', headers, body: Uint8Array.from(body) })
    await answer.arrayBuffer()
    if (answer.status !== 200) throw new Error(`cannot probe: ${otlpUrl} answered ${answer.status}`)
    const ackMs = performance.now()
    const span = spans.at(-1) ?? root
    const queryable = await untilFound(`${apiUrl}/traces/${span.traceId}/spans/${span.spanId}`)
    const analyzed = await untilFound(`${apiUrl}/runs/${root.traceId}-${root.spanId}`)
    times.push({ ack: ackMs - sentMs, queryable: queryable - ackMs, analyzed: analyzed - ackMs })
  }
  return {
    probes,
    spans: sentSpans,
    ackMs: percentilesOf(times.map(({ ack }) => ack)),
    queryableMs: percentilesOf(times.map(({ queryable }) => queryable)),
    analyzedMs: percentilesOf(times.map(({ analyzed }) => analyzed)),
  }
}

const untilFound = async (url: string): Promise<number> => {
  for (const untilMs = performance.now() + LIMIT_MS; performance.now() < untilMs; await sleep(5)) {
    const answer = await fetch(url)
    await answer.arrayBuffer()
    if (answer.ok) return performance.now()
    if (answer.status !== 404) throw new Error(`cannot probe: ${url} answered ${answer.status}`)
  }
  throw new Error(`cannot probe: ${url} is not there after ${LIMIT_MS / 1_000} s`)
}

const percentilesOf = (values: readonly number[]): Percentiles => {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), max: at(1) }
}

/** Nobody sends, nobody asks. */
export const measureIdle = async (watch: Watch, seconds = 20): Promise<Idle> => {
  const before = watch.cpu()
  await sleep(seconds * 1_000)
  const cpu = cpuBetween(before, watch.cpu())
  const samples: ProcessSample[] = watch.samples()
  return {
    seconds,
    cpuShareByProcess: Object.fromEntries(Object.entries(cpu).map(([name, used]) => [name, used / seconds])),
    rssBytesByProcess: rssByProcess(samples, watch.roots),
  }
}
