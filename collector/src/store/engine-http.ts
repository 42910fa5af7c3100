/** The part of ClickHouse's HTTP interface that @clickhouse/client uses, in front of the embedded engine. */
import { randomUUID, timingSafeEqual } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** One statement as the engine runs it: `settings` and `params` are values the client sent apart from the text. */
export type Statement = {
  id: string
  sql: string
  database: string | undefined
  settings: [name: string, value: string][]
  params: [name: string, value: string][]
  format: string
  insert: boolean
}

export type Answer = { bytes: Uint8Array; readRows: number; readBytes: number; elapsedMs: number }

/** Runs one statement; `signal` fires when nobody waits for the answer any more. */
export type RunStatement = (statement: Statement, signal: AbortSignal) => Promise<Answer>

export type EngineHttpOptions = { password: string; bodyFolder: string; run: RunStatement }

// Statements and parameters beyond this are a mistake: bulk data travels as the body of an insert.
const maxStatementBytes = 16 * 1024 * 1024
// The server's own limit on a URI (http_max_uri_size), against 16 KiB in Node: inserts have their parameters there.
const maxUrlBytes = 1024 * 1024
// The server's own limit on one parameter, which no setting lifts: what works here must work there.
const maxParamBytes = 128 * 1024
const unsupported = new Set(['session_id', 'role', 'compress', 'decompress', 'user', 'password', 'quota_key'])
const transport = new Set(['query_id', 'database', 'default_format', 'wait_end_of_query', 'buffer_size'])

/** Starts answering on a free loopback port. The server has no time limits of its own: statements carry theirs. */
export function startEngineHttp(options: EngineHttpOptions): Promise<{ server: Server; port: number }> {
  const server = createServer({ maxHeaderSize: maxUrlBytes, requestTimeout: 0, keepAliveTimeout: 30_000 }, (req, res) => {
    answer(req, res, options).catch((error: unknown) => fail(res, error))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('cannot listen on 127.0.0.1: no port given'))
      else resolve({ server, port: address.port })
    })
  })
}

async function answer(req: IncomingMessage, res: ServerResponse, options: EngineHttpOptions): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://engine')
  if (url.pathname === '/ping') return void res.end('Ok.\n')
  if (url.pathname !== '/') return void res.writeHead(404).end()
  if (!passwordMatches(req, options.password)) throw refusal(516, 'AUTHENTICATION_FAILED', 'wrong name or password')
  if (req.headers['content-encoding'] !== undefined) throw refusal(48, 'NOT_IMPLEMENTED', 'compressed bodies are off here')

  const abort = new AbortController()
  res.once('close', () => abort.abort())
  const bodyFile = `${randomUUID()}.body`
  const run = async (): Promise<[Statement, Answer]> => {
    const statement = await readRequest(req, url.searchParams, options.bodyFolder, bodyFile)
    return [statement, await options.run(statement, abort.signal)]
  }
  const [statement, result] = await run().finally(() => rm(join(options.bodyFolder, bodyFile), { force: true }))
  const summary = {
    read_rows: String(result.readRows),
    read_bytes: String(result.readBytes),
    written_rows: String(statement.insert ? result.readRows : 0),
    elapsed_ns: String(Math.round(result.elapsedMs * 1e6)),
  }
  res.setHeader('X-ClickHouse-Query-Id', statement.id)
  res.setHeader('X-ClickHouse-Summary', JSON.stringify(summary))
  res.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  res.end(result.bytes)
}

async function readRequest(req: IncomingMessage, query: URLSearchParams, folder: string, bodyFile: string): Promise<Statement> {
  const fields = new URLSearchParams(query)
  if (/^multipart\/form-data/.test(req.headers['content-type'] ?? '')) await readForm(req, fields)
  const inUrl = fields.get('query')
  let text = readStatement(inUrl ?? (await readBody(req)).toString())
  if (inUrl !== null && text.insert === undefined) text = readStatement(`${inUrl}\n${await readBody(req)}`)
  const statement: Statement = {
    id: fields.get('query_id') ?? randomUUID(),
    sql: text.sql,
    database: fields.get('database') ?? undefined,
    settings: [],
    params: [],
    format: fields.get('default_format') ?? 'TabSeparated',
    insert: text.writes,
  }
  for (const [name, value] of fields) {
    if (name === 'query') continue
    if (!/^\w+$/.test(name)) throw refusal(115, 'UNKNOWN_SETTING', `name ${JSON.stringify(name)} is not a setting`)
    if (unsupported.has(name)) throw refusal(48, 'NOT_IMPLEMENTED', `${name} is not supported by the embedded engine`)
    if (Buffer.byteLength(value) > maxParamBytes) throw refusal(1000, 'POCO_EXCEPTION', `${name} is longer than ${maxParamBytes} bytes`)
    if (name.startsWith('param_')) statement.params.push([name, value])
    else if (!transport.has(name)) statement.settings.push([name, value])
  }
  if (text.insert === undefined) return statement
  // Body bytes never enter the SQL text: the engine executes whatever follows a blank line of inline insert data.
  // The name is relative, so no character of the data folder's path can be taken for a quote or a glob.
  await pipeline(inUrl === null ? [] : req, createWriteStream(join(folder, bodyFile), { flags: 'wx', mode: 0o600 }))
  const { sourceAt } = text.insert
  return { ...statement, sql: `${text.sql.slice(0, sourceAt)} FROM INFILE '${bodyFile}' ${text.sql.slice(sourceAt)}` }
}

// Strings, quoted names, heredocs and comments as ClickHouse's lexer reads them, so that a `;` inside them is no end.
const token =
  /(?<space>\s+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?\*\/)|'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"|`[^`\\]*(?:\\[\s\S][^`\\]*)*`|‘[^’]*’|“[^”]*”|(?<tag>\$\w*\$)[\s\S]*?\k<tag>|\w+|[\s\S]/gu

type StatementText = { sql: string; writes: boolean; insert: { sourceAt: number } | undefined }

/**
 * Cuts the closing `;`, refuses a second statement as the server does, and tells of an insert that brings data where its
 * source is to be named: before SETTINGS and FORMAT.
 */
export function readStatement(text: string): StatementText {
  let end = text.length
  let depth = 0
  const top: { word: string; at: number }[] = []
  for (const match of text.matchAll(token)) {
    if (match.groups?.space !== undefined) continue
    if (end < text.length) throw refusal(62, 'SYNTAX_ERROR', 'Multi-statements are not allowed')
    const word = match[0]
    if (word === ';') end = match.index
    else if (word === ')') depth--
    else if (depth === 0) top.push({ word: word.toUpperCase(), at: match.index })
    if (word === '(') depth++
  }
  const sql = text.slice(0, end)
  const find = (...words: string[]) => top.findIndex(({ word }) => words.includes(word))
  const format = find('FORMAT')
  const source = find('SELECT', 'WITH', 'VALUES', 'FROM')
  // INSERT … SELECT … FROM input(…) FORMAT x: the embedded engine answers well and stores nothing.
  const selectsBody = top[0]?.word === 'INSERT' && top.some(({ word }, index) => word === 'INPUT' && top[index - 1]?.word === 'FROM')
  if (selectsBody) throw refusal(48, 'NOT_IMPLEMENTED', 'the embedded engine cannot select from the body of an insert')
  const writes = top[0]?.word === 'INSERT'
  if (!writes || format < 0 || (source >= 0 && source < format)) return { sql, writes, insert: undefined }
  // What follows the name of the format would be data, and the scan above has read it as SQL.
  if (top.length > format + 2) throw refusal(62, 'SYNTAX_ERROR', 'insert data must be the body of the request')
  return { sql, writes, insert: { sourceAt: top[find('SETTINGS', 'FORMAT')]?.at ?? sql.length } }
}

/** An error in ClickHouse's own form, from which the client makes a ClickHouseError with code and type. */
export function refusal(code: number, type: string, reason: string): Error {
  return new Error(`Code: ${code}. DB::Exception: ${reason}. (${type})`)
}

function fail(res: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  const code = Number(/Code: (\d+)\./.exec(message)?.[1] ?? 1002)
  if (res.headersSent) return void res.destroy()
  const status = code === 516 ? 401 : code === 202 ? 503 : 500
  res.writeHead(status, { 'X-ClickHouse-Exception-Code': String(code), 'Content-Type': 'text/plain; charset=UTF-8' })
  const start = message.indexOf('Code: ')
  res.end(start >= 0 ? message.slice(start) : `Code: ${code}. DB::Exception: ${message}. (UNKNOWN_EXCEPTION)`)
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxStatementBytes) throw refusal(62, 'SYNTAX_ERROR', `statement is longer than ${maxStatementBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The client sends parameters that are too long for a URL as the fields of a form, with the statement among them. */
async function readForm(req: IncomingMessage, fields: URLSearchParams): Promise<void> {
  const body = new Uint8Array(await readBody(req))
  const form = await new Response(body, { headers: { 'content-type': req.headers['content-type'] ?? '' } }).formData()
  for (const [name, value] of form) if (typeof value === 'string') fields.append(name, value)
}

function passwordMatches(req: IncomingMessage, password: string): boolean {
  const given = Buffer.from(req.headers.authorization ?? '')
  const wanted = Buffer.from(`Basic ${Buffer.from(`seamtrace:${password}`).toString('base64')}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
