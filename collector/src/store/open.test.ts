/** One suite for both engines: what the rest of the collector may rely on, whichever of them it is given. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ClickHouseServer, startClickHouseServer } from '../../../test/engine/clickhouse-server.ts'
import { openStore, type Store } from './open.ts'

const hostile = 'it\'s \\ "quoted" `x` \t\r\n\n; DROP TABLE victim; -- \n\n/* é 日本 🧵 {p:String} */ \\\''

type Opened = { store: Store; end(): Promise<void> }

async function openChdb(): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "seamtrace store's "))
  const store = await openStore({ dataDir: folder })
  const end = async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  }
  return { store, end }
}

async function openServer(): Promise<Opened> {
  const server: ClickHouseServer = await startClickHouseServer()
  const store = await openStore({ url: server.url })
  const end = async () => {
    await store.close()
    await server.stop()
  }
  return { store, end }
}

async function read(store: Store, query: string, params: Record<string, unknown> = {}, settings = {}): Promise<unknown[]> {
  const answer = await store.client.query({
    query,
    query_params: params,
    clickhouse_settings: settings,
    format: 'JSONEachRow',
  })
  return answer.json()
}

describe.each([
  ['chdb', openChdb],
  ['server', openServer],
] as const)('store on %s', (engine, open) => {
  let opened: Opened
  let store: Store
  const command = (query: string, params: Record<string, unknown> = {}) => store.client.command({ query, query_params: params })
  const insert = (table: string, values: unknown[]) => store.client.insert({ table, values, format: 'JSONEachRow' })

  beforeAll(async () => {
    opened = await open()
    store = opened.store
    await command('CREATE TABLE victim (n UInt8) ENGINE = MergeTree ORDER BY n')
    await insert('victim', [{ n: 1 }])
  }, 90_000)
  afterAll(() => opened.end())

  it('says which engine and version it is', async () => {
    expect(store.engine).toBe(engine)
    expect(store.version).toMatch(/^\d+\.\d+/)
    expect(await store.client.ping()).toEqual({ success: true })
  })

  it('binds typed parameters, however hostile', async () => {
    const params = {
      s: hostile,
      list: [hostile, ''],
      map: { [hostile]: hostile },
      n: '18446744073709551615',
      none: null,
    }
    const sql = `SELECT {s:String} AS s, {list:Array(String)} AS list, {map:Map(String, String)} AS map,
      toString({n:UInt64}) AS n, {none:Nullable(String)} AS none`
    expect(await read(store, sql, params)).toEqual([
      { s: hostile, list: [hostile, ''], map: { [hostile]: hostile }, n: params.n, none: null },
    ])
    expect(await read(store, 'SELECT count() AS there FROM {t:Identifier}', { t: 'victim' })).toEqual([{ there: 1 }])
    await expect(read(store, 'SELECT {n:UInt64}', { n: '1; DROP TABLE victim' })).rejects.toMatchObject({
      type: 'BAD_QUERY_PARAMETER',
    })
    await expect(read(store, 'SELECT {s:String}')).rejects.toMatchObject({ code: '456' })
    expect(await read(store, 'SELECT n FROM victim')).toEqual([{ n: 1 }])
  })

  it('takes parameters of up to 128 KiB each and refuses longer ones', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, i) => String(i).padStart(32, '0'))
    const query = 'SELECT length({a:Array(String)}) + length({b:Array(String)}) + length({c:Array(String)}) AS n'
    expect(await read(store, query, { a: ids(3_700), b: ids(3_700), c: ids(3_700) })).toEqual([{ n: 11_100 }])
    await expect(read(store, query, { a: ids(4_000), b: [], c: [] })).rejects.toThrow(/too long|longer/)
  })

  it('inserts JSON rows as they are, with newlines, blank lines and SQL inside', async () => {
    await command(
      "CREATE TABLE texts (id UInt8, text String, extra String DEFAULT concat('d', toString(id))) ENGINE = MergeTree ORDER BY id",
    )
    await insert('texts', [
      { id: 1, text: hostile },
      { id: 2, text: '\n\nDROP TABLE victim\n\n', extra: 'x' },
    ])
    await store.client.insert({
      table: 'texts',
      columns: ['text', 'id'],
      values: [['\n\n', 3]],
      format: 'JSONCompactEachRow',
    })
    expect(await read(store, 'SELECT * FROM texts ORDER BY id')).toEqual([
      { id: 1, text: hostile, extra: 'd1' },
      { id: 2, text: '\n\nDROP TABLE victim\n\n', extra: 'x' },
      { id: 3, text: '\n\n', extra: 'd3' },
    ])
    expect(await read(store, 'SELECT n FROM victim')).toEqual([{ n: 1 }])
  })

  it('stores a raw body of SQL and blank lines as the rows that it is', async () => {
    await command('CREATE TABLE raw (s String) ENGINE = MergeTree ORDER BY s')
    const body = '"a\n\n"\n\nDROP TABLE victim;\n\nDROP TABLE victim\n'
    const answer = await store.client.exec({ query: 'INSERT INTO raw FORMAT CSV', values: Readable.from([body]) })
    answer.stream.resume()
    expect(await read(store, 'SELECT count() AS stored FROM raw')).toEqual([{ stored: 5 }])
    expect(await read(store, 'SELECT n FROM victim')).toEqual([{ n: 1 }])
  })

  it('inserts RowBinary with the columns in any order and settings in the statement', async () => {
    await command('CREATE TABLE bin (id FixedString(2), n UInt16, other UInt8 DEFAULT 7) ENGINE = MergeTree ORDER BY id')
    const values = Readable.from([Buffer.from([0x0a]), Buffer.from([0x0a, 0xff, 0x00, 0x01, 0x00, 0x3b, 0x27])])
    const query = "INSERT INTO bin (n, id) SETTINGS insert_deduplication_token = 'a' FORMAT RowBinary"
    ;(await store.client.exec({ query, values })).stream.resume()
    expect(await read(store, 'SELECT hex(id) AS id, n, other FROM bin ORDER BY n')).toEqual([
      { id: '3B27', n: 1, other: 7 },
      { id: 'FF00', n: 2570, other: 7 },
    ])
  })

  it('keeps maps, ids, nanoseconds, money, arrays and nested columns exact', async () => {
    await command(`CREATE TABLE kinds (id FixedString(4), at DateTime64(9, 'UTC'), cost Decimal(18, 12), attrs Map(String, String),
      tags Array(String), steps Nested(name String, ms UInt64)) ENGINE = MergeTree ORDER BY id`)
    const cost = '123456.123456789012'
    const rest = { attrs: { 'a.b': hostile }, tags: [hostile, ''], 'steps.name': ['x', hostile], 'steps.ms': [1, 2] }
    await insert('kinds', [{ id: 'abcd', at: '2026-11-20 08:34:35.123456789', cost, ...rest }])
    await command(
      `INSERT INTO kinds (id, at, cost) SELECT unhex({id:String}), fromUnixTimestamp64Nano({ns:Int64}), {cost:Decimal(18, 12)}`,
      {
        id: 'ff000a27',
        ns: '1763627675123456789',
        cost,
      },
    )
    expect(
      await read(store, 'SELECT * EXCEPT (id, cost), hex(id) AS id, toString(cost) AS cost FROM kinds ORDER BY kinds.id LIMIT 1'),
    ).toEqual([{ id: '61626364', at: '2026-11-20 08:34:35.123456789', cost, ...rest }])
    const nanos = 'SELECT toString(toUnixTimestamp64Nano(at)) AS ns, toString(cost) AS cost FROM kinds WHERE id = unhex({id:String})'
    expect(await read(store, nanos, { id: 'ff000a27' })).toEqual([{ ns: '1763627675123456789', cost }])
  })

  it('throws errors with their code and type', async () => {
    await expect(read(store, 'SELECT nope')).rejects.toMatchObject({ code: '47', type: 'UNKNOWN_IDENTIFIER' })
    await expect(read(store, 'SELECT 1 FROM nowhere')).rejects.toMatchObject({ code: '60', type: 'UNKNOWN_TABLE' })
    await expect(command('SELEC 1')).rejects.toMatchObject({ code: '62', type: 'SYNTAX_ERROR' })
    await expect(insert('victim', [{ n: 2 }, { n: 'x' }])).rejects.toMatchObject({
      code: expect.stringMatching(/^\d+$/),
    })
    await expect(read(store, 'SELECT 1', {}, { no_such_setting: 1 })).rejects.toMatchObject({ type: 'UNKNOWN_SETTING' })
    await expect(read(store, 'SELECT sleep(2)', {}, { max_execution_time: 1 })).rejects.toMatchObject({
      type: 'TIMEOUT_EXCEEDED',
    })
    expect(await read(store, 'SELECT n FROM victim')).toEqual([{ n: 1 }])
  })

  it('refuses a second statement in one request', async () => {
    await expect(command('SELECT 1; DROP TABLE victim')).rejects.toMatchObject({ code: '62' })
    await command("SELECT ';' /* ; */ -- ;\n;")
    expect(await read(store, 'SELECT n FROM victim')).toEqual([{ n: 1 }])
  })

  it('forgets the settings and parameters of a statement after it', async () => {
    const query = "SELECT toUInt8(getSetting('max_threads')) AS threads"
    expect(await read(store, query, { p: 'x' }, { max_threads: 3 })).toEqual([{ threads: 3 }])
    for (let i = 0; i < 6; i++) expect(await read(store, query)).not.toEqual([{ threads: 3 }])
    await expect(read(store, 'SELECT {p:String}')).rejects.toMatchObject({ code: '456' })
  })

  it('works around the wrong answers of 26.7.2', async () => {
    if (!/^26\.7\.2\.([0-9]|10)$/.test(store.version)) return
    expect(await read(store, "SELECT getSetting('query_plan_top_k_through_join') AS on")).toEqual([{ on: false }])
  })

  it('reads in parallel, each with its own parameters', async () => {
    const start = performance.now()
    const answers = await Promise.all([0, 1, 2].map((n) => read(store, 'SELECT {n:UInt8} AS n, sleep(0.5) AS slept', { n })))
    expect(answers.map(([row]) => row)).toEqual([0, 1, 2].map((n) => ({ n, slept: 0 })))
    expect(performance.now() - start).toBeLessThan(1_400)
    const many = await Promise.all(Array.from({ length: 60 }, (_, n) => read(store, 'SELECT {n:UInt8} AS n', { n })))
    expect(many.flat()).toEqual(Array.from({ length: 60 }, (_, n) => ({ n })))
  })

  it('reads what it has just inserted', async () => {
    await command('CREATE TABLE seen (n UInt32) ENGINE = MergeTree ORDER BY n')
    for (let n = 1; n <= 10; n++) {
      await insert('seen', [{ n }])
      expect(await read(store, 'SELECT toUInt32(count()) AS n FROM seen')).toEqual([{ n }])
    }
  })

  it('drops a repeated insert with the same token, and only that one', async () => {
    await command('CREATE TABLE once (n UInt8) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100')
    const send = (n: number, token: string) =>
      store.client.insert({
        table: 'once',
        values: [{ n }],
        format: 'JSONEachRow',
        clickhouse_settings: { insert_deduplication_token: token },
      })
    await send(1, 'a')
    await send(1, 'a')
    await send(2, 'b')
    await insert('once', [{ n: 3 }])
    expect(await read(store, 'SELECT n FROM once ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  })
})

describe('embedded store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-embedded-'))
  const enginePid = () => Number(/PID: (\d+)/.exec(readFileSync(join(folder, 'engine', 'status'), 'utf8'))?.[1])
  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('keeps its data over close and open, and the notes of others in its folder', async () => {
    writeFileSync(join(folder, 'seamtrace.json'), '{"schema":7}')
    const first = await openStore({ dataDir: folder })
    await first.client.command({ query: 'CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n' })
    await first.client.insert({ table: 't', values: [{ n: 5 }], format: 'JSONEachRow' })
    const pid = enginePid()
    await first.close()
    expect(isAlive(pid)).toBe(false)
    const second = await openStore({ dataDir: folder })
    expect(await read(second, 'SELECT n FROM t')).toEqual([{ n: 5 }])
    expect(readdirSync(join(folder, 'insert-bodies'))).toEqual([])
    await second.close()
    const note = JSON.parse(readFileSync(join(folder, 'seamtrace.json'), 'utf8'))
    expect(note).toMatchObject({ schema: 7, engine: 'chdb', engineVersion: second.version })
  })

  it('is refused to a second process, which is told who holds the folder', async () => {
    const store = await openStore({ dataDir: folder })
    const message = `data folder ${folder} is in use by another process (pid ${process.pid}); stop it or choose another folder with --data`
    await expect(openStore({ dataDir: folder })).rejects.toThrow(message)
    expect(await read(store, 'SELECT n FROM t')).toEqual([{ n: 5 }])
    await store.close()
  })

  it('comes back when the engine dies', async () => {
    const warnings: string[] = []
    const store = await openStore({ dataDir: folder }, { info: () => {}, warn: (message) => warnings.push(message) })
    process.kill(enginePid(), 'SIGKILL')
    await vi.waitFor(() => expect(warnings.join()).toContain('SIGKILL'), 20_000)
    // a connection of before may still be handed out once
    await vi.waitFor(async () => expect(await read(store, 'SELECT n FROM t')).toEqual([{ n: 5 }]), 20_000)
    await store.close()
  })

  it('ignores the Ctrl-C that its whole process group gets', async () => {
    const warnings: string[] = []
    const store = await openStore({ dataDir: folder }, { info: () => {}, warn: (message) => warnings.push(message) })
    const pid = enginePid()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(pid, signal)
    await sleep(200)
    expect(await read(store, 'SELECT n FROM t')).toEqual([{ n: 5 }])
    expect([enginePid(), warnings]).toEqual([pid, []])
    await store.close()
  })

  it('frees the folder when its parent is killed in the middle of a statement', async () => {
    const script = `import { openStore } from ${JSON.stringify(new URL('./open.ts', import.meta.url).href)};
      const store = await openStore({ dataDir: ${JSON.stringify(folder)} });
      store.client.query({ query: 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)' });
      setTimeout(() => console.log('open'), 200);`
    const file = join(folder, 'parent.mjs')
    writeFileSync(file, script)
    const parent = execFile(process.execPath, ['--conditions=seamtrace-source', file])
    await new Promise((resolve, reject) => {
      parent.stdout?.once('data', resolve)
      parent.once('exit', (code) => reject(new Error(`the parent ended with ${code} before it was open`)))
    })
    parent.kill('SIGKILL')
    const store = await openStore({ dataDir: folder })
    expect(await read(store, 'SELECT n FROM t')).toEqual([{ n: 5 }])
    await store.close()
  })

  it('stops a statement nobody waits for, and stays responsive while it runs', async () => {
    const store = await openStore({ dataDir: folder })
    const abort = new AbortController()
    const query = 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)'
    const endless = store.client.query({ query, abort_signal: abort.signal })
    await sleep(200)
    expect(await read(store, 'SELECT n FROM t')).toEqual([{ n: 5 }])
    abort.abort()
    await expect(endless).rejects.toThrow('aborted')
    await sleep(500)
    expect(await read(store, "SELECT query FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'")).toEqual(
      [],
    )
    await store.close()
  })

  it('bounds an answer unless the statement asks for more', async () => {
    const store = await openStore({ dataDir: folder })
    await expect(read(store, 'SELECT number FROM numbers(20000000)')).rejects.toMatchObject({
      type: 'TOO_MANY_ROWS_OR_BYTES',
    })
    await store.close()
  })

  it('says plainly what is wrong with a folder or a URL', async () => {
    await expect(openStore({ dataDir: join(folder, 'a*b') })).rejects.toThrow('cannot use data folder')
    await expect(openStore({ url: 'http://me:secret@127.0.0.1:1/db' })).rejects.toThrow(
      /^cannot reach ClickHouse at http:\/\/127\.0\.0\.1:1\/db: (?!.*secret).*ECONNREFUSED/,
    )
  })
})
