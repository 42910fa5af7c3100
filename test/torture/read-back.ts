// Reads back through the public API what the oracle sent: every trace, a sample of whole spans, the list of runs, the totals.
import { Agent } from 'node:http'
import type { EndpointResponse, RunSummary, SpanSummary } from '@seamtrace/schema'
import { type Findings, find, judgeDetail, judgeSpans, judgeTotal, noFindings } from './findings.ts'
import { ask, inTurns, pause } from './http.ts'
import type { Oracle } from './oracle.ts'
import { BASE_MS, pipelineOf, runIdOf, spanOf, spansOf, tokensOf, traceOf, tracesOf } from './payload.ts'

/** What `/ingest` tells of the durable queue. Optional: a collector without one shows nothing. */
export type ShownIngest = EndpointResponse<'ingest'>

export const ingestOf = async (api: string, withinMs = 30_000): Promise<ShownIngest> => {
  const ingest = await ask<ShownIngest>(api, '/api/v1/ingest', withinMs)
  if (!ingest) throw new Error('cannot ask /api/v1/ingest: not found')
  return ingest
}

export type ReadBackOptions = {
  /** nothing else was ever stored here, so the totals must be exact */
  exclusive?: boolean
  /** how long what was acknowledged may take to be shown */
  settleMs?: number
  /** whole spans that are read, one a trace */
  details?: number
  parallel?: number
}

/** Waits until all is analyzed, then holds everything that is shown against everything that was sent. */
export const readBack = async (oracle: Oracle, api: string, options: ReadBackOptions = {}): Promise<Findings> => {
  const { exclusive = true, settleMs = 60_000, details = 300, parallel = 6 } = options
  const agent = new Agent({ keepAlive: true, maxSockets: parallel })
  const findings = noFindings()
  try {
    await settled(oracle, api, exclusive, settleMs)
    if (exclusive) await readTotals(oracle, api, findings)
    const listed = await readRuns(oracle, api, findings, agent)
    const { claimed } = oracle.counts()
    const every = Math.max(1, Math.ceil((claimed * oracle.shape.traces) / details))
    await inTurns(allTraces(oracle), parallel, async ({ trace, isAcked }) => {
      if (isAcked && !listed[trace]) find(findings, 'lost', `run ${runIdOf(oracle.shape, trace)} is not in the list of runs`)
      await readTrace(oracle, api, findings, trace, isAcked, agent)
      if (isAcked && trace % every === 0) await readDetail(oracle, api, findings, trace, agent)
    })
    return findings
  } finally {
    agent.destroy()
  }
}

function* allTraces(oracle: Oracle): Generator<{ trace: number; isAcked: boolean }> {
  const { claimed } = oracle.counts()
  for (let payload = 0; payload < claimed; payload++) {
    for (const trace of tracesOf(oracle.shape, payload)) yield { trace, isAcked: oracle.isAcked(payload) }
  }
}

// What is lost never comes: once nothing is on its way, and the counts stand still this long, it is judged as it is. After an outage the
// analysis looks again within 10 s, and until then knows of nothing that is on its way.
const STILL_MS = 12_000

const settled = async (oracle: Oracle, api: string, exclusive: boolean, withinMs: number): Promise<void> => {
  const { acked, ackedSpans } = oracle.counts()
  const untilMs = Date.now() + withinMs
  let before = ''
  let sinceMs = Date.now()
  for (;;) {
    const { pendingTraces, storedSpans, storedRuns, spool } = await ingestOf(api)
    const isIdle = pendingTraces === 0 && (spool?.waiting.rows ?? 0) === 0
    const isComplete = exclusive && storedSpans === ackedSpans && storedRuns === acked * oracle.shape.traces
    if (isIdle && isComplete && oracle.open() === 0) return
    const now = `${storedSpans} ${storedRuns} ${pendingTraces} ${spool?.waiting.rows}`
    if (now !== before) sinceMs = Date.now()
    before = now
    if ((isIdle && Date.now() - sinceMs > STILL_MS) || Date.now() > untilMs) return
    await pause(200)
  }
}

const readTotals = async (oracle: Oracle, api: string, findings: Findings): Promise<void> => {
  const { claimed, acked, ackedSpans } = oracle.counts()
  const { traces, spans } = oracle.shape
  const { storedSpans, storedRuns } = await ingestOf(api)
  judgeTotal(findings, 'storedSpans of /ingest', storedSpans, ackedSpans, claimed * traces * spans)
  judgeTotal(findings, 'storedRuns of /ingest', storedRuns, acked * traces, claimed * traces)
}

type RunsPage = { items: RunSummary[]; nextCursor: string | null }

/** Marks each trace whose run is listed. */
const readRuns = async (oracle: Oracle, api: string, findings: Findings, agent: Agent): Promise<Uint8Array> => {
  const { shape } = oracle
  const traces = oracle.counts().claimed * shape.traces
  const listed = new Uint8Array(traces)
  const from = new Date(BASE_MS - 1_000).toISOString()
  const to = new Date(BASE_MS + (traces + 10) * 1_000).toISOString()
  const query = `pipeline=${encodeURIComponent(pipelineOf(shape))}&from=${from}&to=${to}&limit=500`
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: RunsPage | null = await ask<RunsPage>(api, `/api/v1/runs?${query}${cursor && `&cursor=${cursor}`}`, 30_000, agent)
    for (const run of page?.items ?? []) judgeRun(oracle, findings, listed, run)
    cursor = page?.nextCursor ?? null
  }
  return listed
}

const judgeRun = ({ shape }: Oracle, findings: Findings, listed: Uint8Array, run: RunSummary): void => {
  const trace = traceOf(shape, run.runId.slice(0, 32))
  if (trace === null || trace >= listed.length || run.runId !== runIdOf(shape, trace)) return find(findings, 'spurious', `run ${run.runId}`)
  if (listed[trace]) return find(findings, 'doubled', `run ${run.runId} is listed twice`)
  listed[trace] = 1
  const { input, output } = tokensOf(trace)
  const shown = `${run.inputTokens}+${run.outputTokens} tokens, ${run.steps} steps, ${run.retries} retries, ${run.unpricedCalls} unpriced`
  const expected = `${input}+${output} tokens, ${shape.spans - 2} steps, 0 retries, 1 unpriced`
  if (shown === expected) return
  const fault = run.inputTokens > input || run.steps > shape.spans - 2 ? 'doubled' : 'corrupted'
  find(findings, fault, `run ${run.runId} shows ${shown} and not ${expected}`)
}

type RunSpans = { items: SpanSummary[]; hidden: number }

const readTrace = async (oracle: Oracle, api: string, findings: Findings, trace: number, isAcked: boolean, agent: Agent): Promise<void> => {
  const path = `/api/v1/runs/${runIdOf(oracle.shape, trace)}/spans?limit=20000`
  const { items, hidden } = (await ask<RunSpans>(api, path, 30_000, agent)) ?? { items: [], hidden: 0 }
  judgeSpans(findings, spansOf(oracle.shape, trace), items, hidden, isAcked)
}

/** Another span each time, so that all places in a trace are looked at. */
const readDetail = async (oracle: Oracle, api: string, findings: Findings, trace: number, agent: Agent): Promise<void> => {
  const span = spanOf(oracle.shape, trace, trace % oracle.shape.spans)
  await judgeSpanOf(api, findings, span, agent)
}

export const judgeSpanOf = async (api: string, findings: Findings, span: ReturnType<typeof spanOf>, agent?: Agent): Promise<void> => {
  const shown = await ask<EndpointResponse<'span'>>(api, `/api/v1/traces/${span.traceId}/spans/${span.spanId}`, 30_000, agent)
  if (shown) judgeDetail(findings, span, shown)
  else find(findings, 'lost', `span ${span.spanId} of trace ${span.traceId}`)
}
