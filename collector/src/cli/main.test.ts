// The command line as a user runs it: processes, exit codes, streams.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spansToJson, spansToProtobuf } from '../decode/otlp.fixture.ts'
import { span as arbitrarySpan } from '../store/span.fixture.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const [example] = fc.sample(arbitrarySpan, { numRuns: 1, seed: 11 })
const pipelineSpan = {
  ...example!,
  traceId: 'a1'.repeat(16),
  parentSpanId: '',
  name: 'support-refund',
  startTimeUnixNano: BigInt(Date.now()) * 1_000_000n,
  endTimeUnixNano: BigInt(Date.now() + 5) * 1_000_000n,
  statusCode: 0,
  events: [],
  links: [],
  attributes: new Map([
    ['seamtrace.span.kind', 'pipeline'],
    ['seamtrace.pipeline.name', 'support-refund'],
    ['seamtrace.outcome', 'success'],
  ]),
  resource: new Map(),
  scopeAttributes: new Map(),
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seamtrace-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const startCli = (args: string[], env: Record<string, string> = {}): ChildProcess =>
  spawn(process.execPath, ['--conditions=seamtrace-source', MAIN, ...args], {
    cwd: folder,
    timeout: 50_000,
    env: { PATH: process.env.PATH, ...env },
  })

function textOf(child: ChildProcess): { out: string; err: string } {
  const text = { out: '', err: '' }
  child.stdout?.on('data', (chunk: Buffer) => {
    text.out += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    text.err += chunk.toString()
  })
  return text
}

async function cli(args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; out: string; err: string }> {
  const child = startCli(args, env)
  const text = textOf(child)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...text }
}

type Running = { child: ChildProcess; text: { out: string; err: string }; dashboard: string; otlp: string }

async function up(...args: string[]): Promise<Running> {
  const child = startCli(['up', '--json', ...args])
  const text = textOf(child)
  while (!text.out.includes('\n')) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(text.err)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { child, text, ...(JSON.parse(text.out) as { dashboard: string; otlp: string }) }
}

// the engine of a killed collector needs a moment to notice and to let go of the folder
const untilUp = async (args: string[], tries = 20): Promise<Running> =>
  up(...args).catch(async (error: Error) => {
    if (tries === 0 || !error.message.includes('in use')) throw error
    await new Promise((resolve) => setTimeout(resolve, 200))
    return untilUp(args, tries - 1)
  })

const stop = async ({ child }: Running, signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> => {
  child.kill(signal)
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}

describe('seamtrace', () => {
  it.each([
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/, ''],
    [['--help'], 0, /Examples:/, ''],
    [['up', '--help'], 0, /SEAMTRACE_PORT/, ''],
    [['runs', '--help'], 0, /--outcome/, ''],
    [['--print-config'], 0, /otlpHttpPort +4318 +default/, ''],
    [['upp'], 3, /^$/, 'cannot run "upp": no such command, did you mean "up"?'],
    [['constructor'], 3, /^$/, 'cannot run "constructor": no such command;'],
    [['up', '--nonsense'], 3, /^$/, 'cannot read arguments'],
    [['--host', '0.0.0.0'], 3, /^$/, 'cannot listen on 0.0.0.0: it is reachable from other machines; set SEAMTRACE_ADMIN_TOKEN'],
    [['keys'], 3, /^$/, 'say create, list or revoke ID'],
    [['keys', 'create', '--role', 'king'], 3, /^$/, 'say --role ingest, read, admin'],
    [['keys', '--help'], 0, /--role ingest\|read\|admin/, ''],
    [['projects', 'create'], 3, /^$/, 'say create NAME or list'],
    [['projects', '--help'], 0, /projects create NAME/, ''],
    [['runs', '--key', 'a b'], 4, /^$/, 'cannot send this key'],
    [['run'], 3, /^$/, 'give one run id'],
    [['analyze'], 3, /^$/, 'name one or more OTLP files'],
    [['analyze', 'missing.json'], 1, /^$/, 'cannot read missing.json: ENOENT'],
    [['runs', '--url', 'http://127.0.0.1:9'], 5, /^$/, 'cannot reach http://127.0.0.1:9'],
    [['doctor', '--url', 'http://127.0.0.1:9'], 5, /FAIL {2}API: cannot reach/, ''],
  ])('%j ends with %d', async (args, code, out, err) => {
    const result = await cli(args)
    expect(result).toMatchObject({ code, out: expect.stringMatching(out) })
    expect(result.err).toContain(err)
  })

  it('understands a server that says no', async () => {
    let status = 401
    const server: Server = createServer((_req, res) =>
      res
        .writeHead(status, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify({ type: 'about:blank', title: 't', status, detail: `detail ${status}` })),
    )
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await cli(['runs', '--url', url])).toMatchObject({
      code: 4,
      err: 'seamtrace: detail 401; give it with --key or SEAMTRACE_API_KEY\n',
    })
    expect(await cli(['runs', '--url', url, '--key', 'k'])).toMatchObject({
      code: 4,
      err: 'seamtrace: detail 401; is it the key of this server?\n',
    })
    status = 403
    expect(await cli(['runs', '--url', url], { SEAMTRACE_API_KEY: 'k' })).toMatchObject({ code: 4, err: 'seamtrace: detail 403\n' })
    status = 404
    expect(await cli(['run', 'x'], { SEAMTRACE_URL: url })).toMatchObject({ code: 1, err: 'seamtrace: detail 404\n' })
    status = 400
    expect(await cli(['seams', '--url', url])).toMatchObject({ code: 3, err: 'seamtrace: detail 400\n' })
    server.close()
  })
})

describe('seamtrace analyze', () => {
  it.each([
    ['json', 'a.json', () => spansToJson([pipelineSpan])],
    [
      'json lines',
      'a.jsonl',
      () =>
        Buffer.concat([
          spansToJson([pipelineSpan]),
          Buffer.from('\n'),
          spansToJson([{ ...pipelineSpan, traceId: 'a2'.repeat(16) }]),
          Buffer.from('\n'),
        ]),
    ],
    ['protobuf', 'a.pb', () => spansToProtobuf([pipelineSpan])],
    ['protobuf, gzipped', 'a.pb.gz', () => gzipSync(spansToProtobuf([pipelineSpan]))],
  ])('reads %s', async (_name, file, bytes) => {
    writeFileSync(join(folder, file), bytes())
    const { code, out } = await cli(['analyze', file, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out).runs[0]).toMatchObject({ pipeline: 'support-refund', outcome: 'success' })
  })

  it('prints runs for people', async () => {
    writeFileSync(join(folder, 'b.json'), spansToJson([pipelineSpan]))
    const { code, out } = await cli(['analyze', 'b.json'])
    expect(code).toBe(0)
    expect(out).toContain('support-refund')
    expect(out).toContain('success')
  })

  it('says when there is nothing, and what it cannot read', async () => {
    writeFileSync(join(folder, 'a.logs.json'), '{"resourceLogs":[]}')
    expect(await cli(['analyze', 'a.logs.json'])).toMatchObject({ code: 6, out: '', err: 'found no spans\n' })
    writeFileSync(join(folder, 'bad.json'), '{"resourceSpans":')
    expect(await cli(['analyze', 'bad.json'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot read bad.json: cannot decode OTLP body'),
    })
  })
})

describe('seamtrace up', () => {
  it('stores what it takes, shows it as a run, and keeps it over a restart', async () => {
    const args = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0', '--data', join(folder, 'data')]
    const first = await up(...args)
    const response = await fetch(`${first.otlp}/v1/traces`, {
      method: 'POST',
      body: new Uint8Array(spansToProtobuf([pipelineSpan])),
      headers: { 'content-type': 'application/x-protobuf' },
    })
    expect(response.status).toBe(200)
    expect(await cli(['doctor', '--url', first.dashboard, '--otlp-url', first.otlp])).toMatchObject({
      code: 0,
      out: expect.stringContaining('ok    read back'),
    })
    const runId = await untilRun(first.dashboard)
    expect(await cli(['runs', '--url', first.dashboard, '--pipeline', 'support-refund'])).toMatchObject({
      code: 0,
      out: expect.stringContaining(runId),
    })
    expect(await cli(['run', runId, '--url', first.dashboard])).toMatchObject({ code: 0, out: expect.stringContaining('support-refund') })
    expect(await cli(['seams', '--url', first.dashboard])).toMatchObject({ code: 0, out: expect.stringContaining('SEAM') })
    const reanalyzed = await cli(['reanalyze', '--json', '--url', first.dashboard])
    expect([reanalyzed.code, JSON.parse(reanalyzed.out)]).toEqual([0, { spans: 0, runs: 0, frozenSpans: 0 }])
    expect(await stop(first)).toBe(0)

    const second = await up(...args)
    expect(await untilRun(second.dashboard)).toBe(runId)
    expect(await stop(second, 'SIGTERM')).toBe(0)
  }, 60_000)

  it('has what it acknowledged after it was killed', async () => {
    const args = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0', '--data', join(folder, 'killed')]
    const first = await up(...args)
    const response = await fetch(`${first.otlp}/v1/traces`, {
      method: 'POST',
      body: new Uint8Array(spansToProtobuf([pipelineSpan])),
      headers: { 'content-type': 'application/x-protobuf' },
    })
    expect(response.status).toBe(200)
    await stop(first, 'SIGKILL')
    const second = await untilUp(args)
    const url = `${second.dashboard}/api/v1/traces/${pipelineSpan.traceId}/spans/${pipelineSpan.spanId}`
    await expect.poll(async () => (await fetch(url)).status, { timeout: 10_000 }).toBe(200)
    await stop(second)
  }, 60_000)

  it('names the holder of a taken port and the flag that helps, and leaves nothing open', async () => {
    const holder = createServer()
    await once(holder.listen(0, '127.0.0.1'), 'listening')
    const taken = String((holder.address() as AddressInfo).port)
    const data = join(folder, 'taken')
    const otlp = await cli(['up', '--port', '0', '--otlp-http-port', taken, '--data', data])
    expect(otlp).toMatchObject({ code: 1, out: '' })
    expect(otlp.err).toContain(`cannot listen on 127.0.0.1:${taken}: the port is taken`)
    expect(otlp.err).toContain('--otlp-http-port')
    if (process.platform === 'linux') expect(otlp.err).toContain(`by pid ${process.pid} (`)
    const grpc = await cli(['up', '--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', taken, '--data', data])
    expect(grpc).toMatchObject({ code: 1, out: '' })
    expect(grpc.err).toContain(`cannot listen on 127.0.0.1:${taken}: the port is taken`)
    expect(grpc.err).toContain('--otlp-grpc-port')
    const api = await cli(['up', '--port', taken, '--otlp-http-port', '0', '--otlp-grpc-port', '0', '--data', data])
    expect(api).toMatchObject({ code: 1, err: expect.stringContaining('choose another port with --port') })
    holder.close()
  }, 60_000)

  it('says that a data folder is in use', async () => {
    const args = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0', '--data', join(folder, 'used')]
    const first = await up(...args)
    expect(await cli(['up', ...args])).toMatchObject({
      code: 1,
      err: expect.stringContaining(`is in use by another process (pid ${first.child.pid})`),
    })
    await stop(first)
  }, 60_000)
})

async function untilRun(dashboard: string): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const response = await fetch(`${dashboard}/api/v1/runs?pipeline=support-refund`)
    const [run] = response.ok ? ((await response.json()) as { items: { runId: string }[] }).items : []
    if (run) return run.runId
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('no run appeared')
}
