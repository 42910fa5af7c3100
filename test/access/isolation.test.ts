// Three projects with the same names and ids in one store: thousands of random questions, and nothing of one in an answer to another.
// SEAMTRACE_ISOLATION_QUESTIONS=10000 for a long run.
import { type AlertVerdict, ENDPOINTS, GAPS, LAYERS, OUTCOMES, SEAM_KINDS } from '@seamtrace/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN_TOKEN } from '../../collector/src/access/caller.ts'
import { writeTransition } from '../../collector/src/alert/transitions.ts'
import { rateOf } from '../../collector/src/query/rate.ts'
import { writePrice } from '../../collector/src/store/price-rows.ts'
import { insertRunSpecs, runSpec } from '../engine/run-rows.fixture.ts'
import { logs, START, traces } from '../otlp/cases.ts'
import { inTurns } from '../otlp/receivers.fixture.ts'
import { sendHttp, toProtobuf } from '../otlp/transports.ts'
import { type Served, startServed } from './served.fixture.ts'

const PROJECTS = ['red', 'blue', 'green'] as const
type Project = (typeof PROJECTS)[number]
/** Stands in every text of a project that its questions do not name themselves, and so cannot come back as an echo. */
const marker = (project: Project): string => `SECRET-OF-${project}`
const NOW = Date.now()
const RUNS = 12
const QUESTIONS = Number(process.env.SEAMTRACE_ISOLATION_QUESTIONS ?? 3_000)
const COMMON_TRACE = 'ab'.repeat(16)
const OWN_TRACE: Record<Project, string> = { red: '1e'.repeat(16), blue: '2b'.repeat(16), green: '39'.repeat(16) }

let served: Served
const keys: Record<string, string> = {}
const cursors: string[] = ['bm9wZQ']
beforeAll(async () => {
  served = await startServed()
  for (const project of PROJECTS) {
    await served.access.manage.createProject(ADMIN_TOKEN, project)
    const named = { name: marker(project), project }
    for (const role of ['ingest', 'admin'] as const)
      keys[`${project} ${role}`] = (await served.access.manage.createKey(ADMIN_TOKEN, { ...named, role })).key
  }
  await fill('red')
}, 60_000)
afterAll(() => served.close())

const filled = new Set<Project>()
/** Runs, spans and alerts under the same names and ids in every project, and under some of its own. */
const fill = async (project: Project): Promise<void> => {
  if (filled.has(project)) return
  filled.add(project)
  const secret = marker(project)
  const charge = { seamKind: 'tool', layer: 'execution', gap: 'tool', kind: 'tool_timeout', certain: true, message: secret }
  const specs = Array.from({ length: RUNS }, (_, index) =>
    runSpec({
      runId: index % 2 ? `run-${index}` : `${project}-run-${index}`,
      pipeline: index % 3 ? 'support' : `${project}-pipeline`,
      version: index % 4 ? '1' : secret,
      sessionId: 's-1',
      outcome: index % 3 ? 'failure' : 'success',
      recovered: index % 6 === 0,
      endMs: NOW - 60_000 * (index + 1),
      story: `Failed: ${secret}`,
      costUsd: PROJECTS.indexOf(project) + 1,
      traceIds: [index % 2 ? COMMON_TRACE : OWN_TRACE[project]],
      charge: index % 3 ? { ...charge, seam: 'plan→act', step: 'act' } : null,
      steps: [
        { name: 'plan', layer: 'planning', firstStartMs: 0, operations: 1, failed: 0, firstTry: 1 },
        { name: secret, layer: 'execution', firstStartMs: 9, operations: 2, failed: 1, firstTry: 1 },
      ],
      seams: [{ seam: `plan→${secret}`, kind: 'tool', source: 'plan', target: secret, layer: 'execution', crossings: 2, recovered: 1 }],
    }),
  )
  await insertRunSpecs(served.store, project, specs)
  for (const traceId of [COMMON_TRACE, OWN_TRACE[project]]) {
    const spans = Array.from({ length: 3 }, () => ({ name: secret, attributes: [{ key: secret, value: { stringValue: secret } }] }))
    const headers = { 'content-type': 'application/x-protobuf', 'x-seamtrace-key': keys[`${project} ingest`] ?? '' }
    const sent = await sendHttp(served, '/v1/traces', toProtobuf('traces', traces(traceId, ...spans)), headers)
    if (sent.status !== 200) throw new Error(`cannot send: ${sent.message}`)
    const record = { eventName: secret, body: { stringValue: secret }, timeUnixNano: START }
    const logged = await sendHttp(served, '/v1/logs', toProtobuf('logs', logs(traceId, record)), headers)
    if (logged.status !== 200) throw new Error(`cannot send: ${logged.message}`)
  }
  await served.stored()
  const name = { model: secret, provider: '', from: '' }
  await writePrice(served.store, project, name, {
    price: { model: secret, rates: { input: 1, output: 1 } },
    setBy: secret,
    isRemoved: false,
  })
  const verdict: AlertVerdict = {
    state: 'firing',
    window: rateOf(1, 2),
    baseline: rateOf(9, 9),
    z: 4,
    reason: secret,
    seam: null,
    exampleRunIds: [secret],
  }
  await writeTransition(
    { store: served.store, project, now: new Date(NOW) },
    {
      eventId: 'e-1',
      ruleId: 'reliability-dropped:support',
      pipeline: 'support',
      name: secret,
      at: new Date(NOW - 1000).toISOString(),
      from: 'ok',
      to: 'firing',
      verdict,
      delivery: { status: 'none', attempts: 0, lastError: secret },
    },
  )
}

const ids = fc.constantFrom(
  ...PROJECTS.flatMap((project) => [`${project}-run-0`, `${project}-run-4`]),
  'run-1',
  'run-3',
  'run-99',
  `x' OR project != 'x`,
)
const traceIds = fc.constantFrom(COMMON_TRACE, ...Object.values(OWN_TRACE), '00'.repeat(16))
const spanIds = fc.constantFrom('b7ad6b7169203331', 'b7ad6b7169203332', '0000000000000001')
const pipelines = fc.constantFrom('support', ...PROJECTS.map((project) => `${project}-pipeline`), 'support', 'other', `') OR 1=1 --`)
const window = {
  // to the minute, and always ended: what is asked twice must be answered alike
  from: fc.integer({ min: 1, max: 300 }).map((minutes) => new Date(NOW - minutes * 60_000).toISOString()),
  to: fc.constantFrom(new Date(NOW).toISOString(), new Date(NOW - 200_000).toISOString()),
  environment: fc.constantFrom('', 'default', 'default', 'staging'),
}
const maybe = { ...window, pipeline: pipelines, version: fc.constantFrom('1', '2') }
const filters = {
  outcome: fc.subarray([...OUTCOMES]).map(String),
  layer: fc.subarray([...LAYERS]).map(String),
  gap: fc.subarray([...GAPS, 'unclassified']).map(String),
  seamKind: fc.constantFrom(...SEAM_KINDS),
  kind: fc.constantFrom('', 'tool_timeout'),
  seam: fc.constantFrom('', 'plan→act'),
  step: fc.constantFrom('', 'act', 'plan'),
  attributed: fc.constantFrom('true', 'false'),
  recovered: fc.constantFrom('true', 'false'),
  session: fc.constantFrom('', 's-1'),
  q: fc.constantFrom('', 'secret', 'run', 'SECRET', '%'),
  limit: fc.constantFrom('1', '3', '500'),
  cursor: fc.nat().map((index) => cursors[index % cursors.length] ?? ''),
}

const queryOf = (query: Record<string, string>) => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))

type Question = { path: string; query: Record<string, string> }
const question = (
  path: string,
  shape: Record<string, fc.Arbitrary<string>>,
  always: readonly string[] = ['from', 'to'],
): fc.Arbitrary<Question> =>
  fc
    .record(shape, { requiredKeys: always.filter((key) => key in shape) as never[] })
    .map((query) => ({ path, query: query as Record<string, string> }))

/** Look-ups by id most often: they are what one who knows the names of another project would try, and cost least. */
const questions = fc.oneof(
  question('/pipelines', maybe),
  question('/gap', { ...maybe, mode: fc.constantFrom('final', 'first_try') }, ['from', 'to', 'pipeline']),
  question('/layers', maybe),
  question('/seams', { ...maybe, limit: filters.limit }),
  fc.constantFrom({ path: '/ingest', query: {} }, { path: '/prices', query: {} }),
  { weight: 3, arbitrary: question('/runs', { ...maybe, ...filters }) },
  { weight: 2, arbitrary: ids.map((id) => ({ path: `/runs/${encodeURIComponent(id)}/spans`, query: {} })) },
  { weight: 6, arbitrary: ids.map((id) => ({ path: `/runs/${encodeURIComponent(id)}`, query: {} })) },
  { weight: 6, arbitrary: fc.tuple(traceIds, spanIds).map(([trace, span]) => ({ path: `/traces/${trace}/spans/${span}`, query: {} })) },
  { weight: 3, arbitrary: traceIds.map((trace) => ({ path: `/traces/${trace}/logs`, query: {} })) },
  { weight: 3, arbitrary: question('/alerts/events', { pipeline: pipelines, limit: filters.limit }) },
  { weight: 3, arbitrary: fc.constantFrom(...['', ...PROJECTS].map((project) => ({ path: '/keys', query: queryOf({ project }) }))) },
  { weight: 2, arbitrary: fc.constantFrom({ path: '/alerts/rules', query: {} }, { path: '/projects', query: {} }) },
)

const ask = async (project: Project, { path, query }: Question): Promise<{ status: number; text: string }> => {
  const { status, text } = await served.send(`/api/v1${path}?${new URLSearchParams(query)}`, {
    headers: { 'x-seamtrace-key': keys[`${project} admin`] ?? '' },
  })
  const cursor = /"nextCursor":"([^"]+)"/.exec(text)?.[1]
  if (cursor && cursors.length < 50) cursors.push(cursor)
  return { status, text }
}

it('answers a project alike, whatever comes into others beside it', async () => {
  const asked = fc.sample(questions, { numRuns: 300, seed: 11 })
  const answers = (): Promise<string[]> => {
    const texts: string[] = []
    return inTurns([...asked.entries()], 8, async ([index, one]) => {
      const { status, text } = await ask('red', one)
      texts[index] = `${status} ${text}`
    }).then(() => texts)
  }
  const before = await answers()
  await fill('blue')
  await fill('green')
  const after = await answers()
  for (const [index, text] of before.entries()) expect(after[index], JSON.stringify(asked[index])).toBe(text)
}, 60_000)

it(
  `has nothing of another project in ${QUESTIONS} answers`,
  async () => {
    for (const project of PROJECTS) await fill(project)
    const asked = fc.sample(fc.tuple(fc.constantFrom(...PROJECTS), questions), { numRuns: QUESTIONS, seed: 7 })
    const met = new Map<string, number>()
    await inTurns(asked, 12, async ([project, one]) => {
      const { status, text } = await ask(project, one)
      if (status >= 500) throw new Error(`${status} for ${JSON.stringify(one)}: ${text}`)
      for (const other of PROJECTS) {
        if (other !== project && text.includes(marker(other))) throw new Error(`${project} saw ${other} in ${JSON.stringify(one)}: ${text}`)
      }
      const endpoint = one.path.split('/')[1] ?? ''
      if (text.includes(marker(project))) met.set(endpoint, (met.get(endpoint) ?? 0) + 1)
    })
    // and the questions did reach what is there to be seen
    for (const endpoint of ['pipelines', 'gap', 'seams', 'runs', 'traces', 'alerts', 'keys', 'prices'])
      expect(met.get(endpoint), endpoint).toBeGreaterThan(3)
    const paths = new Set(asked.map(([, { path }]) => path.split('/')[1]))
    const reading = Object.values(ENDPOINTS).filter((endpoint) => !('method' in endpoint))
    for (const { path } of reading) expect(paths).toContain(path.split('/')[1])
  },
  QUESTIONS * 100,
)
