import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { context, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { pipeline } from './pipeline.ts'
import { type Started, start } from './start.ts'

interface Received {
  url: string | undefined
  headers: IncomingHttpHeaders
  bytes: Buffer
}

let server: Server | undefined
let seamtrace: Started | undefined
let started: ChildProcess | undefined
afterEach(async () => {
  await seamtrace?.shutdown()
  seamtrace = undefined
  started?.kill('SIGKILL')
  server?.closeAllConnections()
  server?.close()
  server = undefined
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

async function collect(): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    received.push({ url: request.url, headers: request.headers, bytes: Buffer.concat(chunks) })
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

describe('start', () => {
  it('sends protobuf over HTTP, with key and resource', async () => {
    const { url, received } = await collect()
    seamtrace = start({
      endpoint: `${url}/`,
      apiKey: 'k1',
      headers: { 'x-team': 'a' },
      service: 'support',
      serviceVersion: '9',
      environment: 'staging',
    })
    pipeline('p', {}, () => 1)
    await seamtrace.flush()
    expect(received).toHaveLength(1)
    expect(received[0]).toMatchObject({
      url: '/v1/traces',
      headers: { 'content-type': 'application/x-protobuf', authorization: 'Bearer k1', 'x-team': 'a' },
    })
    for (const text of ['support', 'staging', 'service.version', 'pipeline p', '@seamtrace/sdk'])
      expect(received[0]?.bytes.includes(text)).toBe(true)
  })

  it('lets the standard variables win', async () => {
    const { url, received } = await collect()
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url)
    vi.stubEnv('OTEL_SERVICE_NAME', 'from-env')
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=canary')
    seamtrace = start({ endpoint: 'http://127.0.0.1:9', service: 'from-code', environment: 'from-code' })
    pipeline('p', {}, () => 1)
    await seamtrace.flush()
    expect([
      received[0]?.bytes.includes('from-env'),
      received[0]?.bytes.includes('canary'),
      received[0]?.bytes.includes('from-code'),
    ]).toEqual([true, true, false])
  })

  it('takes the whole address of traces as well as the base', async () => {
    const { url, received } = await collect()
    seamtrace = start({ endpoint: `${url}/v1/traces` })
    pipeline('p', {}, () => 1)
    await seamtrace.flush()
    expect(received.map((request) => request.url)).toEqual(['/v1/traces'])
  })

  it('tells what the collector said when it refused, without the bytes around it', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const words = 'cannot answer without a key'
    server = createServer((_request, response) =>
      response.writeHead(401).end(Buffer.from([0x08, 0x10, 0x12, words.length, ...Buffer.from(words)])),
    )
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    seamtrace = start({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    pipeline('p', {}, () => 1)
    await seamtrace.flush()
    expect(warning).toHaveBeenCalledWith(expect.stringContaining(`which answered 401 ${words}; seamtrace doctor`), expect.anything())
  })

  it('does nothing when OTEL_SDK_DISABLED is set', async () => {
    vi.stubEnv('OTEL_SDK_DISABLED', 'true')
    const exporter = new InMemorySpanExporter()
    seamtrace = start({ exporter })
    expect(pipeline('p', {}, () => 7)).toBe(7)
    await seamtrace.flush()
    expect(exporter.getFinishedSpans()).toEqual([])
  })

  it('never replaces a provider that the program registered, and uses it', () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const exporter = new InMemorySpanExporter()
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    trace.setGlobalTracerProvider(provider)
    try {
      start({ exporter: new InMemorySpanExporter() })
      pipeline('p', {}, () => 1)
      expect(exporter.getFinishedSpans().map((span) => span.name)).toEqual(['pipeline p'])
      expect(warning).toHaveBeenCalledOnce()
    } finally {
      trace.disable()
      context.disable()
    }
  })

  it('stays with the first call, and can start again after shutdown', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const [first, second] = [new InMemorySpanExporter(), new InMemorySpanExporter()]
    seamtrace = start({ exporter: first })
    expect(start({ exporter: second })).toBe(seamtrace)
    expect(warning).toHaveBeenCalledOnce()
    await seamtrace.shutdown()
    seamtrace = start({ exporter: second })
    pipeline('p', {}, () => 1)
    await seamtrace.flush()
    expect(second.getFinishedSpans()).toHaveLength(1)
  })

  it('flush settles when the collector is away', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '300')
    seamtrace = start({ endpoint: 'http://127.0.0.1:9' })
    pipeline('p', {}, () => 1)
    await expect(seamtrace.flush()).resolves.toBeUndefined()
  })
})

describe('the end of the process', () => {
  const run = async (endpoint: string, body: string, signal?: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }> => {
    const program = `import { start, pipeline } from ${JSON.stringify(fileURLToPath(new URL('./index.ts', import.meta.url)))}
start({ endpoint: ${JSON.stringify(endpoint)}, service: 'child' })
pipeline('last words', {}, () => 1)
${body}`
    const child = spawn(process.execPath, ['--conditions=seamtrace-source', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    started = child
    if (signal !== undefined) child.stdout.once('data', () => child.kill(signal))
    return new Promise((resolve) => child.on('exit', (code, killedBy) => resolve({ code, signal: killedBy })))
  }

  it('sends what is left when the program just ends', async () => {
    const { url, received } = await collect()
    expect(await run(url, '')).toMatchObject({ code: 0 })
    expect(received[0]?.bytes.includes('last words')).toBe(true)
  })

  it('sends what is left at SIGTERM and still dies of it', async () => {
    const { url, received } = await collect()
    expect(await run(url, 'setInterval(() => {}, 1000); console.log("ready")', 'SIGTERM')).toMatchObject({ signal: 'SIGTERM' })
    expect(received[0]?.bytes.includes('last words')).toBe(true)
  })

  it('leaves SIGTERM to a program that handles it', async () => {
    const { url } = await collect()
    expect(
      await run(url, 'process.on("SIGTERM", () => process.exit(7)); setInterval(() => {}, 1000); console.log("ready")', 'SIGTERM'),
    ).toMatchObject({ code: 7 })
  })

  it('is not held up by a collector that never answers, however long a request may take', { timeout: 120_000 }, async () => {
    server = createServer(() => {})
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    const silent = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const name of ['OTEL_EXPORTER_OTLP_TIMEOUT', 'OTEL_BSP_EXPORT_TIMEOUT']) vi.stubEnv(name, '3600000')
    expect(await run(silent, 'setInterval(() => {}, 1000); console.log("ready")', 'SIGTERM')).toMatchObject({ signal: 'SIGTERM' })
    expect(await run(silent, '')).toMatchObject({ code: 0 })
  })
})
