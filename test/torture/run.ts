// Runs scenarios, some side by side, each with what it started ended, and tells of each in one line.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '@seamtrace/schema'
import { type Cleanups, createCleanups } from './cleanups.ts'
import { showProgress, showSteps } from './progress.ts'
import { randomOf } from './random.ts'
import { type Context, newReport, type Report, type Scenario, type Tier } from './scenario.ts'
import { CONTROLS, SCENARIOS } from './scenarios.ts'

export type Outcome = { name: string; seconds: number } & Report

const HELP = `npm run torture -- [--tier p|n] [--seed TEXT] [--only NAME[,NAME…]] [--controls] [--jobs N] [--verbose] [--json] [--list]

  --tier p      what a change has to pass, some 11 minutes (default); n: a good hour
  --seed        other random moments and other ids; printed, so that a run can be done again
  --only        these scenarios; names as --list shows them
  --controls    the negative controls only: a defence is off, and the harness must find out
  --jobs        so many scenarios at a time (3); those that take times and memory always run alone
  --verbose     every step of the way on stderr
  --json        one object on stdout instead of lines
`

type Options = { tier: Tier; seed: string; names: string[] | null; controls: boolean; jobs: number; json: boolean }

/** Resolves with the exit code. */
export const runTorture = async (args: string[]): Promise<number> => {
  const options = readOptions(args)
  if (typeof options === 'number') return options
  const scenarios = chosen(options)
  if (scenarios.length === 0) return usage(`cannot run ${options.names}: there is no such scenario; see --list`)
  const say = (text: string): void => void (options.json || process.stdout.write(`${text}\n`))
  say(`torture: tier ${options.tier}, seed ${options.seed}, Node ${process.version}`)
  const startedMs = Date.now()
  const outcomes: Outcome[] = []
  const runAll = async (left: Scenario[]): Promise<void> => {
    for (let scenario = left.shift(); scenario && !isStopping; scenario = left.shift()) {
      const outcome = await runOne(scenario, options)
      outcomes.push(outcome)
      say(lineOf(outcome))
    }
  }
  const together = scenarios.filter(({ alone }) => !alone)
  await Promise.all(Array.from({ length: options.jobs }, () => runAll(together)))
  await runAll(scenarios.filter(({ alone }) => alone))
  const failed = outcomes.filter(({ failures }) => failures.length > 0)
  const seconds = Math.round((Date.now() - startedMs) / 1000)
  const skipped = outcomes.filter((outcome) => outcome.skipped !== null)
  say(
    `\n${outcomes.length - failed.length - skipped.length} passed, ${failed.length} failed, ${skipped.length} skipped, ${seconds} s, seed ${options.seed}`,
  )
  if (options.json) process.stdout.write(`${JSON.stringify({ tier: options.tier, seed: options.seed, seconds, outcomes }, null, 2)}\n`)
  if (isStopping) return 130
  return failed.length > 0 ? 1 : 0
}

const chosen = ({ names, controls }: Options): Scenario[] => {
  const all = [...SCENARIOS, ...CONTROLS]
  if (names) return all.filter(({ name }) => names.includes(name))
  return controls ? CONTROLS : all
}

const readOptions = (args: string[]): Options | number => {
  try {
    const { values } = parseArgs({
      args,
      options: {
        tier: { type: 'string', default: 'p' },
        seed: { type: 'string', default: '1' },
        only: { type: 'string' },
        controls: { type: 'boolean', default: false },
        jobs: { type: 'string', default: '3' },
        verbose: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) return usage(HELP, 0)
    if (values.list) return usage([...SCENARIOS, ...CONTROLS].map(({ name, what }) => `${name.padEnd(26)} ${what}`).join('\n'), 0)
    const { tier, seed, controls, json, only } = values
    const jobs = Number(values.jobs)
    if (values.verbose) showSteps()
    if (tier !== 'p' && tier !== 'n') return usage(`cannot use --tier ${tier}: it is p or n`)
    if (!Number.isInteger(jobs) || jobs < 1) return usage(`cannot use --jobs ${values.jobs}: it is a whole number from 1 on`)
    return { tier, seed, controls, jobs, json, names: only?.split(',') ?? null }
  } catch (error) {
    return usage(`${messageOf(error)}\n${HELP}`)
  }
}

const usage = (text: string, code = 3): number => {
  process[code === 0 ? 'stdout' : 'stderr'].write(`${text}\n`)
  return code
}

let isStopping = false
const active = new Set<Cleanups>()

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (isStopping) return
    isStopping = true
    process.stderr.write('stopping: ending what was started\n')
    void Promise.all([...active].map((cleanups) => cleanups.run())).then(() => process.exit(130))
  })
}

// Nothing in a scenario waits without a bound; this one is for what nobody thought of.
const MAX_MS: Record<Tier, number> = { p: 600_000, n: 3_600_000 }

const runOne = async (scenario: Scenario, options: Options): Promise<Outcome> => {
  const startedMs = Date.now()
  const report = newReport()
  const cleanups = createCleanups()
  active.add(cleanups)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished after ${MAX_MS[options.tier] / 1000} s`)), MAX_MS[options.tier])
  })
  await Promise.race([scenario.run(contextOf(scenario, options, cleanups), report), late]).catch((error: unknown) => {
    if (!isStopping) report.failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  })
  clearTimeout(timer)
  showProgress('')
  await cleanups.run()
  active.delete(cleanups)
  return { name: scenario.name, seconds: Math.round((Date.now() - startedMs) / 100) / 10, ...report }
}

const contextOf = ({ name }: Scenario, { tier, seed }: Options, cleanups: Cleanups): Context => {
  const random = randomOf(`${seed}/${name}`)
  return {
    tier,
    seed: `${seed}-${name}`,
    random,
    folder: () => {
      const folder = mkdtempSync(join(tmpdir(), `seamtrace-torture-${name}-`))
      cleanups.add(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }))
      return folder
    },
    defer: (cleanup) => {
      cleanups.add(cleanup)
      if (!isStopping) return
      // what a scenario still starts while all is being ended must not outlive it
      void cleanups.run()
      throw new Error('stopping')
    },
    progress: (text) => showProgress(`${name}: ${text}`),
    sized: (p, n) => (tier === 'p' ? p : n),
  }
}

const lineOf = ({ name, seconds, figures, failures, skipped }: Outcome): string => {
  const mark = skipped !== null ? 'skip' : failures.length > 0 ? 'FAIL' : 'ok  '
  const texts = Object.entries(figures).map(
    ([figure, value]) => `${figure} ${typeof value === 'number' ? Math.round(value * 10) / 10 : value}`,
  )
  const head = `${mark} ${name.padEnd(22)} ${seconds.toFixed(1).padStart(6)} s  ${skipped ?? texts.join(', ')}`
  return [head, ...failures.map((failure) => `       ${failure.replaceAll('\n', '\n       ')}`)].join('\n')
}
