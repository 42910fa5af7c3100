// A client of the store: made from plain data, so that another thread can make one of its own.
import { Agent } from 'node:http'
import { connect as connectSocket } from 'node:net'
import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings, createClient } from '@clickhouse/client'

/** Plain data: it can be sent to a worker thread. */
export type ClientSettings = {
  url: string
  username?: string
  password?: string
  clickhouse_settings?: ClickHouseSettings
}

/** With which another thread opens a client of its own. */
export type StoreAccess = {
  settings: ClientSettings
  /** where the embedded engine listens now; it has another port after each restart, so every connection asks */
  enginePort?: () => Promise<number>
}

const requestMs = 120_000
// Parameters of over 4 KB go into the body: a list of 400 trace ids is too long for the URL of many a proxy.
const common = { request_timeout: requestMs, use_multipart_params_auto: true, log: { level: ClickHouseLogLevel.OFF } }

export const connect = ({ settings, enginePort }: StoreAccess): ClickHouseClient =>
  createClient({ ...common, ...settings, ...(enginePort ? { http_agent: agentFor(enginePort) } : {}) })

/** Connects to whichever port the engine listens on now: while it restarts, requests wait for it. */
const agentFor = (enginePort: () => Promise<number>): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  agent.createConnection = (_options, done) => {
    enginePort().then(
      (port) => done?.(null, connectSocket(port, '127.0.0.1')),
      (error: Error) => (done as (error: Error) => void)(error),
    )
    return undefined
  }
  return agent
}
