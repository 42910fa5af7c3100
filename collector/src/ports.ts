// Listening on a port, and telling who holds it when it is taken.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, SeamtraceError } from '@seamtrace/schema'

export type Listening = { port: number; close(): Promise<void> }

// Answers that are under way at a stop get this long.
export const GRACE_MS = 3_000

/**
 * Listens; port 0 takes any free one.
 * @param flag the option that chooses another port
 * @throws SeamtraceError port_taken
 */
export function listen(
  handler: RequestListener,
  host: string,
  port: number,
  flag: string,
  options: ServerOptions = {},
): Promise<Listening> {
  const server = createServer(options, handler)
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port, flag)))
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve({ port: (server.address() as AddressInfo).port, close: () => closeServer(server) })
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}

/** Names who holds a port that is taken. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number, flag: string): SeamtraceError {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (error.code !== 'EADDRINUSE') {
    return new SeamtraceError('internal', `cannot listen on ${where}: ${messageOf(error)}`, { cause: error })
  }
  const holder = holderOf(port)
  return new SeamtraceError(
    'port_taken',
    `cannot listen on ${where}: the port is taken${holder ? ` by ${holder}` : ''}; stop that, or choose another port with ${flag}`,
    { cause: error },
  )
}

/** `pid 4711 (node server.js)` of the process that listens on the port; '' where the system does not say. */
export function holderOf(port: number): string {
  try {
    const sockets = new Set([...listeningSockets('/proc/net/tcp', port), ...listeningSockets('/proc/net/tcp6', port)])
    const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && holdsOne(entry, sockets))
    if (pid === undefined) return ''
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return `pid ${pid}${command ? ` (${command.slice(0, 120)})` : ''}`
  } catch {
    return ''
  }
}

// Columns of /proc/net/tcp: 1 local address:port in hex, 3 state (0A = listening), 9 inode.
function listeningSockets(file: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readLines(file)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === '0A')
    .map((columns) => `socket:[${columns[9]}]`)
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1)
  } catch {
    return []
  }
}

function holdsOne(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`))
      } catch {
        return false
      }
    })
  } catch {
    // another user's process does not show its files
    return false
  }
}
