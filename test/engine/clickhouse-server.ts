/** A real ClickHouse server for tests without Docker: libchdb run as `clickhouse local` that listens on HTTP. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export type ClickHouseServer = { url: string; stop(): Promise<void> }

const startMs = 60_000
// query_stable_v2 is the entry of `clickhouse local`; loading it inside Node does not work, so a process of its own calls it.
const launcherInC = `#include <dlfcn.h>
#include <stdio.h>
struct result { char *text; unsigned long length; void *owner; double elapsed; unsigned long rows, bytes; char *error; };
int main(int argc, char **argv) {
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
  if (!library) { fprintf(stderr, "%s\\n", dlerror()); return 1; }
  struct result *(*entry)(int, char **) = (struct result *(*)(int, char **))dlsym(library, "query_stable_v2");
  if (!entry) { fprintf(stderr, "%s\\n", dlerror()); return 1; }
  struct result *result = entry(argc - 2, argv + 2);
  if (result && result->error) fprintf(stderr, "%s\\n", result->error);
  return 1;
}
`
const launcherInPython = `import ctypes, sys
library = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
library.query_stable_v2.restype = ctypes.c_void_p
words = [w.encode() for w in sys.argv[2:]]
library.query_stable_v2(ctypes.c_int(len(words)), (ctypes.c_char_p * (len(words) + 1))(*words, None))
`
// The process serves as long as its query runs: 100,000 × 3 s. The sleep is per block, hence the two settings.
const listenAndWait =
  'SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; SELECT sleepEachRow(3) FROM numbers(100000) ' +
  'SETTINGS max_block_size=1, function_sleep_max_microseconds_per_block=0 FORMAT Null'

/** Starts one on free loopback ports with a data folder of its own, and answers when it does. */
export async function startClickHouseServer(): Promise<ClickHouseServer> {
  const [httpPort, tcpPort] = await freePorts(2)
  return startServer({ httpPort, tcpPort })
}

/** Starts the shards of a cluster, one server each; there is no Keeper, so nothing is replicated and no statement passed on. */
export async function startClickHouseCluster(name: string, shards: number): Promise<ClickHouseServer[]> {
  const ports = await freePorts(2 * shards)
  const places = Array.from({ length: shards }, (_, index) => ({ httpPort: ports[2 * index], tcpPort: ports[2 * index + 1] }))
  const shardOf = ({ tcpPort }: Ports): string =>
    `<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>${tcpPort}</port></replica></shard>`
  const config = `<clickhouse><remote_servers><${name}>${places.map(shardOf).join('')}</${name}></remote_servers></clickhouse>`
  return Promise.all(places.map((place) => startServer(place, config)))
}

type Ports = { httpPort: number | undefined; tcpPort: number | undefined }

async function startServer({ httpPort, tcpPort }: Ports, config?: string): Promise<ClickHouseServer> {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-clickhouse-'))
  const [program, ...launcher] = launcherIn(folder)
  const words = ['clickhouse', '--path', join(folder, 'data'), '--listen_host', '127.0.0.1']
  words.push('--http_port', `${httpPort}`, '--tcp_port', `${tcpPort}`, '--query', listenAndWait)
  if (config !== undefined) {
    writeFileSync(join(folder, 'config.xml'), config)
    words.push('--config-file', join(folder, 'config.xml'))
  }
  const child = spawn(program, [...launcher, ...words], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-2_000)
  })
  // A test run that dies without calling stop must not leave a server behind.
  const killChild = () => child.kill('SIGKILL')
  process.once('exit', killChild)
  const stop = async () => {
    process.off('exit', killChild)
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${httpPort}`
  try {
    await untilItAnswers(`${url}/ping`, child)
  } catch (error) {
    await stop()
    throw new Error(`cannot start a ClickHouse server for tests: ${stderr.trim() || String(error)}`)
  }
  return { url, stop }
}

function launcherIn(folder: string): [program: string, ...words: string[]] {
  try {
    const source = join(folder, 'launcher.c')
    const binary = join(folder, 'launcher')
    writeFileSync(source, launcherInC)
    if (spawnSync('cc', ['-o', binary, source, '-ldl']).status === 0) return [binary, libraryPath()]
    if (spawnSync('python3', ['-c', 'import ctypes']).status === 0) return ['python3', '-c', launcherInPython, libraryPath()]
    throw new Error('cannot start a ClickHouse server for tests: neither cc nor python3 with ctypes is installed')
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

function libraryPath(): string {
  const fromHere = createRequire(import.meta.url)
  // The platform package is a dependency of chdb, so it is resolved from there.
  const fromChdb = createRequire(fromHere.resolve('chdb'))
  const flavors = process.platform === 'linux' ? ['-gnu', '-musl'] : ['']
  for (const flavor of flavors) {
    try {
      const folder = dirname(fromChdb.resolve(`@chdb/lib-${process.platform}-${process.arch}${flavor}`))
      const name = readdirSync(folder).find((file) => /^libchdb\.(so|dylib)$/.test(file))
      if (name !== undefined) return join(folder, name)
    } catch {}
  }
  throw new Error(`cannot start a ClickHouse server for tests: no libchdb for ${process.platform}-${process.arch} in node_modules/@chdb`)
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startMs
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.signalCode ?? child.exitCode}`)
    const answers = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (answers) return
    await new Promise((wake) => setTimeout(wake, 50))
  }
  throw new Error(`no answer from ${url} within ${startMs / 1000} s`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // Its data folder is thrown away, and SIGTERM would wait for the sleeping query.
  child.kill('SIGKILL')
  await exited
}

/** All are held at once before any is released, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer().once('error', reject)
          server.listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  return Promise.all(
    servers.map((server) => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : 0
      return new Promise<number>((resolve) => server.close(() => resolve(port)))
    }),
  )
}
