// What `npm run bench -- ingest` takes on its command line.
import { parseArgs } from 'node:util'
import { messageOf, SeamtraceError } from '@seamtrace/schema'
import type { Profile } from './run-template.ts'

export type BenchOptions = {
  profiles: Profile[]
  engine: 'chdb' | 'server'
  seconds: number
  connections: number
  rate: number
  spansPerRequest: number
  pool: number
  seed: number
  target?: string
  targetPid?: number
  headers: Record<string, string>
  env: Record<string, string>
  write?: string
  requests: number
  limit: boolean
  latency: boolean
  idle: boolean
  start: boolean
  disk: boolean
  json: boolean
  save: boolean
}

export const HELP = `npm run bench -- ingest: how many spans a second the collector takes, and what that costs

  --profile lean|io|both    spans without content, with it, or one after the other (lean)
  --engine chdb|server      the embedded engine, or a ClickHouse server process (chdb)
  --seconds N               how long to send (60)
  --connections N           parallel keep-alive connections (16); must divide --pool
  --rate N                  spans a second, 0 for as fast as accepted (0)
  --spans N                 spans a request (760)
  --seed N                  another seed, other texts and ids (1)
  --pool N                  requests that are encoded, then sent with ever new ids (32)
  --no-limit                without the engine's own limit
  --no-disk                 without waiting until the store has merged
  --latency                 also 100 single runs, from acknowledgement to query and to the analyzed run
  --idle                    also 20 s of idling
  --start                   also how long the start on the folder takes
  --env NAME=VALUE          for the collector; may be repeated
  --target URL              another server's OTLP/HTTP endpoint for traces instead of the collector
  --target-pid N            its process, for CPU and memory
  --header 'NAME: VALUE'    for every request; may be repeated
  --write DIR               only write --requests N files (100) that can be sent to any server
  --json                    print JSON
  --save                    also write docs/benchmarks.md
`

const FLAGS = {
  profile: { type: 'string', default: 'lean' },
  engine: { type: 'string', default: 'chdb' },
  seconds: { type: 'string', default: '60' },
  connections: { type: 'string', default: '16' },
  rate: { type: 'string', default: '0' },
  spans: { type: 'string', default: '760' },
  seed: { type: 'string', default: '1' },
  pool: { type: 'string', default: '32' },
  requests: { type: 'string', default: '100' },
  target: { type: 'string' },
  'target-pid': { type: 'string' },
  header: { type: 'string', multiple: true },
  env: { type: 'string', multiple: true },
  write: { type: 'string' },
  limit: { type: 'boolean', default: true },
  disk: { type: 'boolean', default: true },
  latency: { type: 'boolean', default: false },
  idle: { type: 'boolean', default: false },
  start: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  save: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** @throws SeamtraceError that names the option at fault; gives undefined when help is asked for */
export const readOptions = (args: string[]): BenchOptions | undefined => {
  const values = valuesOf(args)
  if (values.help) return undefined
  const options: BenchOptions = {
    profiles: values.profile === 'both' ? ['lean', 'io'] : [oneOf('profile', values.profile, ['lean', 'io'])],
    engine: oneOf('engine', values.engine, ['chdb', 'server']),
    seconds: numberOf('seconds', values.seconds, 1),
    connections: numberOf('connections', values.connections, 1),
    rate: numberOf('rate', values.rate, 0),
    spansPerRequest: numberOf('spans', values.spans, 1),
    pool: numberOf('pool', values.pool, 1),
    seed: numberOf('seed', values.seed, 0),
    requests: numberOf('requests', values.requests, 1),
    headers: pairsOf('header', values.header ?? [], ':'),
    env: pairsOf('env', values.env ?? [], '='),
    limit: values.limit,
    disk: values.disk,
    latency: values.latency,
    idle: values.idle,
    start: values.start,
    json: values.json,
    save: values.save,
    ...(values.target === undefined ? {} : { target: values.target }),
    ...(values['target-pid'] === undefined ? {} : { targetPid: numberOf('target-pid', values['target-pid'], 1) }),
    ...(values.write === undefined ? {} : { write: values.write }),
  }
  if (options.save && options.target !== undefined) throw usage('cannot use --save with --target: the document is about the collector')
  if (options.pool % options.connections !== 0)
    throw usage(`cannot use --connections ${options.connections}: it must divide --pool ${options.pool}`)
  return options
}

const usage = (message: string): SeamtraceError => new SeamtraceError('usage', message)

const valuesOf = (args: string[]) => {
  try {
    return parseArgs({ args, options: FLAGS, strict: true, allowNegative: true }).values
  } catch (error) {
    throw usage(`cannot read arguments: ${messageOf(error)}`)
  }
}

const oneOf = <T extends string>(flag: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw usage(`cannot use --${flag} ${value}: it is one of ${allowed.join(', ')}`)
  return found
}

const numberOf = (flag: string, value: string, least: number): number => {
  const number = Number(value)
  if (value === '' || !Number.isInteger(number) || number < least)
    throw usage(`cannot use --${flag} ${value}: it is a whole number from ${least} on`)
  return number
}

const pairsOf = (flag: string, values: readonly string[], separator: string): Record<string, string> =>
  Object.fromEntries(
    values.map((text) => {
      const at = text.indexOf(separator)
      if (at < 1) throw usage(`cannot use --${flag} ${text}: write NAME${separator}VALUE`)
      return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
    }),
  )
