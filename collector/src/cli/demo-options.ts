// The options of `seamtrace demo`: its own, and those of `up` with a data folder of its own.
import { SeamtraceError } from '@seamtrace/schema'
import { optionsHelp, type Parsed, readConfig } from './config.ts'

export type DemoOptions = {
  check: boolean
  faults: boolean
  keep: boolean
  /** the default number when absent */
  runs: number | undefined
  seed: number
}

export const DEMO_HELP = `seamtrace demo: example agent pipelines with injected faults fill the last 48 hours, then go on live

  --check                                    compare the product's answers with the injected truth, print the verdict, end
  --json                                     the verdict, or the addresses, as one line of JSON
  --runs N                                   how many runs (about 2100)
  --seed S                                   another seed gives other runs (7)
  --no-faults                                nothing goes wrong
  --keep                                     go on from the history of the demo before

Options of the server (flag, environment, default; --data is ./.seamtrace-demo):
${optionsHelp()}

Examples:
  seamtrace demo
  seamtrace demo --check --json
`

const SWITCHES = ['check', 'no-faults', 'keep'] as const
const NUMBERS = ['runs', 'seed'] as const
const DATA_FOLDER = './.seamtrace-demo'

/** @throws SeamtraceError usage */
export const readDemoOptions = (args: string[], env: Record<string, string | undefined>): { demo: DemoOptions; server: Parsed } => {
  const { own, others } = takeOwn(args)
  // whatever this machine's collector does, the demo shows all of it
  const server = readConfig(others, { ...env, SEAMTRACE_DATA: env.SEAMTRACE_DATA || DATA_FOLDER, SEAMTRACE_ROLE: 'all' })
  const demo = {
    check: own.has('check'),
    faults: !own.has('no-faults'),
    keep: own.has('keep'),
    runs: numberOf(own, 'runs', 1),
    seed: numberOf(own, 'seed', 0) ?? 7,
  }
  if (server.config.clickhouseUrl !== undefined && !demo.check && !demo.keep) {
    throw new SeamtraceError(
      'usage',
      'cannot run the demo on the ClickHouse server of CLICKHOUSE_URL: its runs would stay there among others; unset it, or say --keep if that is wanted',
    )
  }
  return { demo, server }
}

const takeOwn = (args: string[]): { own: Map<string, string>; others: string[] } => {
  const own = new Map<string, string>()
  const others: string[] = []
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? ''
    const [name = '', value] = arg.replace(/^--/, '').split('=', 2)
    if (SWITCHES.some((known) => arg === `--${known}`)) own.set(name, '')
    else if (NUMBERS.some((known) => arg === `--${known}` || arg.startsWith(`--${known}=`))) own.set(name, value ?? args[++index] ?? '')
    else others.push(arg)
  }
  return { own, others }
}

const numberOf = (own: ReadonlyMap<string, string>, name: (typeof NUMBERS)[number], least: number): number | undefined => {
  const text = own.get(name)
  if (text === undefined) return undefined
  if (!/^\d{1,6}$/.test(text) || Number(text) < least)
    throw new SeamtraceError('usage', `cannot use ${JSON.stringify(text)} from --${name}: write a whole number from ${least} to 999999`, {
      parameters: [name],
    })
  return Number(text)
}
