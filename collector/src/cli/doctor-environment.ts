// What the OTEL_* variables of this shell would do to a program that is started from it.
import type { Io } from './io.ts'

type Env = Io['env']
export type Hint = { name: string; ok: boolean; message: string }

const settingOf = (env: Env, name: string): string => env[name]?.trim() ?? ''

/** The variable of traces wins over the one of all signals. */
export const ofTraces = (env: Env, name: string): { from: string; value: string } => {
  const [special, general] = [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`]
  return settingOf(env, special) ? { from: special, value: settingOf(env, special) } : { from: general, value: settingOf(env, general) }
}

const grpcUrl = (env: Env, otlpUrl: string): string =>
  `http://${URL.parse(otlpUrl)?.hostname ?? '127.0.0.1'}:${env.SEAMTRACE_OTLP_GRPC_PORT || '4317'}`

/** Each is a reason why nothing arrives although the server is well. */
const RULES: ((env: Env, otlpUrl: string) => string | undefined)[] = [
  (env) =>
    settingOf(env, 'OTEL_SDK_DISABLED').toLowerCase() === 'true' ? 'OTEL_SDK_DISABLED=true: programs record nothing; unset it' : undefined,
  (env) => {
    const exporters = settingOf(env, 'OTEL_TRACES_EXPORTER')
    return exporters && !exporters.split(',').some((name) => name.trim() === 'otlp')
      ? `OTEL_TRACES_EXPORTER=${exporters}: programs that follow it send nothing; unset it, or set otlp`
      : undefined
  },
  (env) => {
    const [sampler, ratio] = [settingOf(env, 'OTEL_TRACES_SAMPLER'), settingOf(env, 'OTEL_TRACES_SAMPLER_ARG')]
    if (!/^(parentbased_)?(always_off|traceidratio)$/.test(sampler)) return undefined
    const keepsNone = sampler.endsWith('always_off') || (ratio !== '' && Number(ratio) === 0)
    return keepsNone
      ? `OTEL_TRACES_SAMPLER=${sampler}${ratio && ` (${ratio})`}: every trace is dropped before it is sent; unset it, or set parentbased_always_on`
      : undefined
  },
  (env, otlpUrl) => {
    const { from, value } = ofTraces(env, 'ENDPOINT')
    const protocol = ofTraces(env, 'PROTOCOL').value
    const expected = protocol === 'grpc' ? grpcUrl(env, otlpUrl) : otlpUrl
    return value && URL.parse(value)?.port !== URL.parse(expected)?.port
      ? `${from} here is ${value}, not ${expected}${protocol === 'grpc' ? ', where OTLP over gRPC is taken' : ''}: programs started from this shell send there`
      : undefined
  },
  (env, otlpUrl) => {
    const { from, value } = ofTraces(env, 'ENDPOINT')
    const [said, expected] = [URL.parse(value)?.protocol, URL.parse(otlpUrl)?.protocol]
    return said && said !== expected ? `${from} here is ${value}, and ${otlpUrl} is what answers: write ${expected}//` : undefined
  },
  (env) => {
    const value = settingOf(env, 'OTEL_EXPORTER_OTLP_ENDPOINT')
    return /\/v1\/traces\/?$/.test(value)
      ? 'OTEL_EXPORTER_OTLP_ENDPOINT ends with /v1/traces, to which exporters add /v1/traces: leave the path away'
      : undefined
  },
  (env) => {
    const [all, traces] = [settingOf(env, 'OTEL_EXPORTER_OTLP_HEADERS'), settingOf(env, 'OTEL_EXPORTER_OTLP_TRACES_HEADERS')]
    const key = /(authorization|x-seamtrace-key)\s*=/i
    return traces && key.test(all) && !key.test(traces)
      ? 'OTEL_EXPORTER_OTLP_TRACES_HEADERS is set without the key that OTEL_EXPORTER_OTLP_HEADERS holds, and some exporters read the first alone: put the key into both'
      : undefined
  },
]

/** What contradicts itself, or keeps spans from `otlpUrl`. */
export const environmentHints = (env: Env, otlpUrl: string): Hint[] =>
  RULES.flatMap((rule) => {
    const message = rule(env, otlpUrl)
    return message === undefined ? [] : [{ name: 'environment', ok: false, message }]
  })
