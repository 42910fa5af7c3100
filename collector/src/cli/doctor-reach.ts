// Why OTLP over HTTP finds no one at an address: what else answers there, told by trying the other protocols.
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectTls } from 'node:tls'

const PROBE_MS = 10_000
const LOCAL_PORTS = 'OTLP over HTTP is taken on port 4318, over gRPC on 4317, unless it was started with others'

/**
 * @param failure what the request over HTTP failed with
 * @returns what is wrong and what to do
 * @example await whyUnreachable('http://127.0.0.1:4317', 'other side closed')
 */
export const whyUnreachable = async (address: string, failure: string): Promise<string> => {
  const url = URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol)) return `${address} is no address: write http://HOST:PORT`
  if (/ECONNREFUSED/.test(failure)) return `nothing listens at ${url.origin}: start seamtrace, or name its port; ${LOCAL_PORTS}`
  if (/ENOTFOUND|EAI_AGAIN/.test(failure)) return `there is no host ${url.hostname}: is the name right?`
  if (url.protocol === 'https:' && (await speaksPlainly(url)))
    return `${url.host} speaks plain HTTP, not TLS: write http:// in place of https://`
  if (url.protocol === 'http:' && (await speaksTls(url))) return `${url.host} speaks TLS: write https:// in place of http://`
  if (await speaksGrpc(address))
    return `${url.origin} is a port for gRPC, and this is OTLP over HTTP: take port 4318, or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc where the exporter knows it`
  return `cannot reach ${address}: ${failure}`
}

/** Whether HTTP/2 without a negotiation is understood, as gRPC needs it. */
export const speaksGrpc = (address: string): Promise<boolean> =>
  within((settle) => {
    const session = connectHttp2(address, { rejectUnauthorized: false })
    session.on('error', () => settle(false))
    session.on('close', () => settle(false))
    session.on('remoteSettings', () => settle(true))
    return () => session.destroy()
  })

const speaksPlainly = (url: URL): Promise<boolean> =>
  fetch(`http://${url.host}/`, { signal: AbortSignal.timeout(PROBE_MS) }).then(
    () => true,
    () => speaksGrpc(`http://${url.host}`),
  )

const speaksTls = (url: URL): Promise<boolean> =>
  within((settle) => {
    // only what kind of port it is: nothing is sent
    const socket = connectTls({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || '80'), rejectUnauthorized: false })
    // a refusal in the words of TLS is an answer too
    socket.on('error', (error: NodeJS.ErrnoException) => settle(/ALERT/.test(error.code ?? '')))
    socket.on('secureConnect', () => settle(true))
    return () => socket.destroy()
  })

const within = (attempt: (settle: (value: boolean) => void) => () => void): Promise<boolean> =>
  new Promise((resolve) => {
    let close: () => void = () => {}
    const settle = (value: boolean): void => {
      clearTimeout(timer)
      resolve(value)
      close()
    }
    const timer = setTimeout(() => settle(false), PROBE_MS)
    close = attempt(settle)
  })
