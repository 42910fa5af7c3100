// `seamtrace demo --check`: fills a collector of its own with runs whose truth is known, and judges what it says about them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCollector, urlOf } from '../collector.ts'
import { type Api, openApi, readAnswers, untilAlertsEvaluated, untilAnalyzed } from './demo-answers.ts'
import { startFleet } from './demo-fleet.ts'
import type { DemoOptions } from './demo-options.ts'
import { progressOn } from './demo-progress.ts'
import { judge, type Truth, type Verdict } from './demo-verdict.ts'
import { createLog } from './log.ts'
import { VERSION } from './version.ts'

const HOST = '127.0.0.1'

/** Free ports, a temporary folder, no trickle; everything is gone afterwards. */
export const checkDemo = async (
  options: DemoOptions,
  disabledRules: readonly string[] | undefined,
  err: (text: string) => void,
): Promise<Verdict & { seconds: number }> => {
  const started = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'seamtrace-demo-'))
  try {
    const verdict = await fillAndJudge(options, disabledRules, folder, err)
    return { ...verdict, seconds: Math.round((performance.now() - started) / 100) / 10 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const fillAndJudge = async (
  options: DemoOptions,
  disabledRules: readonly string[] | undefined,
  folder: string,
  err: (text: string) => void,
): Promise<Verdict> => {
  const log = createLog(err)
  log.level = 'warn'
  const truthFile = join(folder, 'truth.jsonl')
  const collector = await startCollector(
    { host: HOST, port: 0, otlpHttpPort: 0, otlpGrpcPort: 0, dataDir: join(folder, 'data'), disabledRules },
    log,
    VERSION,
  )
  const api = openApi(urlOf(HOST, collector.ports.api))
  const { runs, seed, faults } = options
  const fleet = startFleet(
    { endpoint: urlOf(HOST, collector.ports.otlpHttp), runs, seed, faults, truthFile, fill: true, trickle: false },
    progressOn({ isTTY: process.stderr.isTTY, write: err }),
  )
  try {
    return await Promise.race([judgeFilled(api, fleet.filled, truthFile), untilInterrupted()])
  } finally {
    await fleet.stop()
    await collector.close()
  }
}

const judgeFilled = async (api: Api, filled: Promise<void>, truthFile: string): Promise<Verdict> => {
  await filled
  const lines = readFileSync(truthFile, 'utf8').trim().split('\n')
  const truths = lines.map((line) => JSON.parse(line) as Truth)
  await untilAnalyzed(api, truths.length)
  await untilAlertsEvaluated(api, Date.now())
  return judge(truths, await readAnswers(api))
}

/** Turns a signal into an error, so that the temporary folder goes as well. */
const untilInterrupted = (): Promise<never> =>
  new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error('the check was interrupted')))
  })

/** The verdict for people. */
export const verdictText = (verdict: Verdict & { seconds: number }): string => {
  const kinds = Object.entries(verdict.kinds).sort(([a], [b]) => a.localeCompare(b))
  const lines = [
    `${verdict.agreed} of ${verdict.runs} runs agree with the truth (${verdict.failed} failed, ${verdict.unattributed} unattributed), in ${verdict.seconds} s`,
    ...kinds.map(([kind, { runs, agreed }]) => `  ${kind.padEnd(20)} ${agreed} of ${runs}`),
    ...verdict.problems.map((problem) => `problem: ${problem}`),
    verdict.ok ? 'ok' : 'not ok',
  ]
  return `${lines.join('\n')}\n`
}
