/** The door of the embedded engine: which statements pass, and that insert data never becomes SQL. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readStatement, refusal, type Statement, startEngineHttp } from './engine-http.ts'

describe('readStatement', () => {
  const plain = (sql: string) => ({ sql, writes: false, insert: undefined })

  it('leaves semicolons in strings, names, comments and heredocs alone', () => {
    for (const sql of [
      "SELECT 'a;\\';b'",
      "SELECT 'it''s;'",
      'SELECT `a;b`',
      'SELECT "a;b"',
      'SELECT 1 -- ;x\n',
      'SELECT /* ;\n */ 1',
      'SELECT $x$ ; $x$',
      'SELECT ‘;’',
    ]) {
      expect(readStatement(sql)).toEqual(plain(sql))
      expect(readStatement(`${sql}\n ; -- end`)).toEqual(plain(`${sql}\n `))
    }
  })

  it('refuses a second statement', () => {
    for (const sql of ['SELECT 1; DROP TABLE t', "SELECT 'a'';'; DROP TABLE t", "SELECT “'” ; DROP TABLE t", 'SELECT 1;\n\n;x']) {
      expect(() => readStatement(sql)).toThrow('Multi-statements')
    }
  })

  it('refuses a select from the body of an insert, which the engine would pass over in silence', () => {
    expect(() => readStatement("INSERT INTO t SELECT a FROM input('a Int8') FORMAT JSONEachRow")).toThrow('body of an insert')
    expect(readStatement('INSERT INTO t (input) SELECT input FROM u').insert).toBeUndefined()
  })

  it('finds where an insert names its source', () => {
    const sourceOf = (sql: string) => readStatement(sql).insert?.sourceAt
    expect(sourceOf('INSERT INTO t FORMAT JSONEachRow')).toBe(14)
    expect(sourceOf('insert into t (a, format) settings x=1 format CSV;')).toBe(26)
    expect(sourceOf('INSERT INTO t SELECT 1 FORMAT Null')).toBeUndefined()
    expect(sourceOf('INSERT INTO t VALUES (1)')).toBeUndefined()
    expect(sourceOf('SELECT 1 FORMAT JSON')).toBeUndefined()
  })

  it('refuses insert data inside the statement', () => {
    expect(() => readStatement('INSERT INTO t FORMAT JSONEachRow {"a":1}\n\nDROP TABLE t')).toThrow('body of the request')
  })

  it('reads a statement of a megabyte at once', () => {
    const sql = `SELECT '${"x''\\'".repeat(250_000)}'`
    expect(readStatement(sql)).toEqual(plain(sql))
  })
})

describe('startEngineHttp', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-http-'))
  const seen: Statement[] = []
  const { server, port } = await startEngineHttp({
    password: 'right',
    bodyFolder: folder,
    run: async (statement) => {
      seen.push(statement)
      if (statement.sql.includes('fail')) throw refusal(60, 'UNKNOWN_TABLE', 'no such table')
      if (statement.insert) expect(readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8')).toBe('a\n\nDROP TABLE t')
      return { bytes: new Uint8Array([52, 50]), readRows: 1, readBytes: 2, elapsedMs: 3 }
    },
  })
  afterAll(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  const authorization = `Basic ${Buffer.from('seamtrace:right').toString('base64')}`
  const send = (query: string, body: string, headers: Record<string, string> = { authorization }) =>
    fetch(`http://127.0.0.1:${port}/?${query}`, { method: 'POST', body, headers })

  it('answers nobody without the password', async () => {
    for (const given of ['', 'Basic AAAA', `Basic ${Buffer.from('seamtrace:wrong').toString('base64')}`]) {
      const answer = await send('', 'SELECT 1', { authorization: given })
      expect(answer.status).toBe(401)
      expect(await answer.text()).toContain('AUTHENTICATION_FAILED')
    }
    expect(seen).toEqual([])
  })

  it('takes settings and parameters apart from the statement', async () => {
    const answer = await send('param_p=x%27&max_threads=2&database=d&query_id=7', 'SELECT {p:String}')
    expect(await answer.text()).toBe('42')
    expect(seen.at(-1)).toMatchObject({
      id: '7',
      sql: 'SELECT {p:String}',
      database: 'd',
      settings: [['max_threads', '2']],
      params: [['param_p', "x'"]],
    })
  })

  it('puts an insert body into a file and removes it', async () => {
    const answer = await send(`query=${encodeURIComponent('INSERT INTO t FORMAT CSV')}`, 'a\n\nDROP TABLE t')
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.headers.get('x-clickhouse-summary') ?? '')).toMatchObject({ written_rows: '1' })
    expect(seen.at(-1)?.sql).toMatch(/^INSERT INTO t {2}FROM INFILE '[\w.-]+' FORMAT CSV$/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('does not run an insert whose body broke off', async () => {
    const before = seen.length
    const path = `/?query=${encodeURIComponent('INSERT INTO t FORMAT CSV')}`
    const torn = request({ port, host: '127.0.0.1', path, method: 'POST', headers: { authorization } })
    torn.on('error', () => {})
    torn.write('1\n')
    await expect.poll(() => readdirSync(folder)).toHaveLength(1)
    torn.destroy()
    await expect.poll(() => readdirSync(folder)).toEqual([])
    expect(seen.length).toBe(before)
  })

  it('answers errors the way the server does, and refuses what it cannot honor', async () => {
    const failed = await send('', 'SELECT fail')
    expect([failed.status, failed.headers.get('x-clickhouse-exception-code')]).toEqual([500, '60'])
    expect(await failed.text()).toBe('Code: 60. DB::Exception: no such table. (UNKNOWN_TABLE)')
    expect(await (await send('session_id=a', 'SELECT 1')).text()).toContain('NOT_IMPLEMENTED')
    expect(await (await send('a%27b=1', 'SELECT 1')).text()).toContain('UNKNOWN_SETTING')
  })
})
