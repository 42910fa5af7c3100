// One life of a collector process: started, asked, killed, stopped; always by its own identity.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { ReadyLine, Settings } from './collector-process.ts'
import { pause, request, until } from './http.ts'
import { childrenOf, commandOf, identityOf, signal, treeBytes } from './proc.ts'

export type Ports = { port: number; otlpHttpPort: number; otlpGrpcPort: number }

export type Life = {
  pid: number
  api: string
  otlp: string
  grpcAddress: string
  /** from spawn until `/readyz` answers well */
  readyMs: number
  isAlive(): boolean
  /** of the child that holds the embedded engine; null with a server, or while it restarts */
  engine(): string | null
  signal(name: NodeJS.Signals): void
  /** SIGKILL; its engine notices by itself, and may still run when the next life begins */
  kill(): Promise<void>
  /** SIGKILL; resolves when its engines are gone too */
  end(): Promise<void>
  /** SIGTERM; the exit code is null when it had to be killed */
  stop(withinMs?: number): Promise<{ code: number | null; tookMs: number }>
  /** resolves with the signal or code when the process ends by itself */
  ended: Promise<string>
  bytes(): number
  /** the last lines that it wrote */
  told(): string
}

const PROGRAM = fileURLToPath(new URL('./collector-process.ts', import.meta.url))
const READY_MS = 60_000
// The engine of a killed collector kills itself after 5 s at the latest.
const ENGINE_END_MS = 12_000

export class EndedEarly extends Error {}

export type Wrapper = (command: string[]) => string[]

/**
 * @param onSpawn is given what ends the process, before it is ready
 * @param wrapper a command line in front, such as one that mounts a small disk
 * @throws EndedEarly when the process ends before it is ready
 */
export const startLife = async (
  settings: Settings,
  onSpawn: (end: Life['end']) => void,
  wrapper: Wrapper = (same) => same,
): Promise<Life> => {
  const startedMs = Date.now()
  const [command = '', ...args] = wrapper([process.execPath, '--conditions=seamtrace-source', PROGRAM, JSON.stringify(settings)])
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SEAMTRACE|CLICKHOUSE|OTEL)_/.test(name)))
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
  })
  const output = collectOutput(child)
  const ended = new Promise<string>((resolve) => child.once('close', (code, name) => resolve(name ?? `code ${code}`)))
  const engines = new Set<string>()
  const life = lifeOf(child, ended, output, engines)
  try {
    onSpawn(life.end)
    const ports = await Promise.race([output.ready, ended, pause(READY_MS)])
    if (typeof ports !== 'object')
      throw new EndedEarly(`the collector ended (${ports ?? 'no answer'}) before it was ready: ${output.told()}`)
    const api = `http://127.0.0.1:${ports.api}`
    await Promise.race([untilReady(api), ended.then((how) => Promise.reject(new EndedEarly(`ended (${how}) before it was ready`)))])
    life.engine()
    const otlp = `http://127.0.0.1:${ports.otlpHttp}`
    return Object.assign(life, { api, otlp, grpcAddress: `127.0.0.1:${ports.otlpGrpc}`, readyMs: Date.now() - startedMs })
  } catch (error) {
    await life.end()
    throw error
  }
}

type Output = { ready: Promise<ReadyLine>; told(): string }

const collectOutput = (child: ChildProcess): Output => {
  let out = ''
  let told = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    told = (told + text).slice(-4_000)
  })
  const ready = new Promise<ReadyLine>((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (out.includes('\n')) resolve(JSON.parse(out.slice(0, out.indexOf('\n'))))
    })
  })
  return { ready, told: () => told.trim() }
}

const untilReady = async (api: string): Promise<void> => {
  const isReady = () =>
    request(`${api}/readyz`, { timeoutMs: 5_000 }).then(
      ({ status }) => status === 200,
      () => false,
    )
  if (!(await until(isReady, READY_MS, 20))) throw new Error(`${api}/readyz is not ready after ${READY_MS} ms`)
}

const lifeOf = (child: ChildProcess, ended: Promise<string>, output: Output, engines: Set<string>): Life => {
  const pid = child.pid ?? 0
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null
  const engine = (): string | null => {
    const found = childrenOf(pid).find((one) => /engine-process/.test(commandOf(one)))
    const identity = found === undefined ? null : identityOf(found)
    if (identity) engines.add(identity)
    return identity
  }
  const endEngines = async (): Promise<void> => {
    const gone = (): boolean => [...engines].every((identity) => identityOf(Number(identity.split(' ')[0])) !== identity)
    // a paused engine cannot end by itself
    for (const identity of engines) signal(identity, 'SIGCONT')
    if (!(await until(gone, ENGINE_END_MS))) for (const identity of engines) signal(identity, 'SIGKILL')
  }
  const kill = async (): Promise<void> => {
    if (isAlive()) engine()
    child.kill('SIGKILL')
    await ended
  }
  const end = (): Promise<void> => kill().then(endEngines)
  return {
    pid,
    api: '',
    otlp: '',
    grpcAddress: '',
    readyMs: 0,
    isAlive,
    engine,
    signal: (name) => void child.kill(name),
    kill,
    end,
    stop: async (withinMs = 30_000) => {
      engine()
      const startedMs = Date.now()
      child.kill('SIGTERM')
      const how = await Promise.race([ended, pause(withinMs)])
      const tookMs = Date.now() - startedMs
      await end()
      return { code: how === undefined ? null : Number(how.replace('code ', '')) || (how === 'code 0' ? 0 : 1), tookMs }
    },
    ended,
    bytes: () => treeBytes(pid),
    told: output.told,
  }
}

// Below what systems give to connections (32768 and up): between two lives of a collector nobody else may get its port.
const [FIRST_PORT, PORTS] = [20_000, 12_000]
let nextPort = (process.pid * 97) % PORTS

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < PORTS; tries++) {
    nextPort = (nextPort + 1) % PORTS
    const port = FIRST_PORT + nextPort
    if (await isFree(port)) return port
  }
  throw new Error(`no port is free from ${FIRST_PORT} to ${FIRST_PORT + PORTS}`)
}

/** Ports that are never given twice. */
export const freePorts = async (): Promise<Ports> => ({
  port: await freePort(),
  otlpHttpPort: await freePort(),
  otlpGrpcPort: await freePort(),
})
