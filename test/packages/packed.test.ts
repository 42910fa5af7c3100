// The packages as they would be published, used from ES modules, CommonJS and TypeScript of both kinds, and by --import and --require.
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FakeCollector, startFakeCollector } from '../../sdk/src/export/outage.fixture.ts'
import { filesOf } from '../bench/sdk/built-files.ts'
import { type Packed, packLibraries } from './packed.fixture.ts'

const PATIENCE_MS = 120_000
/** Our own code behind the main entry, as bundlers count it. */
// 15 kB is the aim. Delivery with its disk spool is 5 of them, the words of the schema 2, primitives 9; it must not grow further.
const MOST_BYTES_GZIPPED = 23_000

type Form = { types: string; default: string }
type Entry = { 'seamtrace-source': string; import: Form; require: Form }

let packed: Packed
let collector: FakeCollector
beforeAll(async () => {
  packed = await packLibraries()
}, PATIENCE_MS)
afterAll(() => packed?.remove())
beforeEach(async () => {
  collector = await startFakeCollector()
})
afterEach(() => collector.close())

const entries = (): [string, Entry][] =>
  Object.entries((JSON.parse(readFileSync(path.join(packed.sdk, 'package.json'), 'utf8')) as { exports: Record<string, Entry> }).exports)

const environment = (): Record<string, string> => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint })

describe('what is packed', () => {
  it('holds every file that its package.json names', () => {
    for (const [, entry] of entries())
      for (const form of [entry.import, entry.require])
        for (const file of [form.types, form.default]) expect(globSync(file, { cwd: packed.sdk }), file).toHaveLength(1)
  })

  it('gives the types of each module kind their own ending', () => {
    for (const [, entry] of entries())
      expect([entry.import.types, entry.require.types].map((file) => file.replace(/.*\.d/, ''))).toEqual(['.ts', '.cts'])
  })

  it('holds no tests and no sources, and no types that name a source', () => {
    const files = globSync('**/*', { cwd: packed.sdk })
    expect(files.filter((file) => /\.(test|fixture)\.|^src/.test(file))).toEqual([])
    for (const file of globSync('dist/**/*.d.{ts,cts}', { cwd: packed.sdk }))
      expect(readFileSync(path.join(packed.sdk, file), 'utf8'), file).not.toMatch(/['"]\.[^'"]*\.ts['"]/)
  })

  it('leaves frameworks to the program', () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(path.join(packed.sdk, 'package.json'), 'utf8'))
    expect(Object.keys(dependencies).filter((name) => !/^@(opentelemetry|seamtrace)\//.test(name))).toEqual([])
    expect(Object.keys(peerDependenciesMeta)).toEqual(Object.keys(peerDependencies).filter((name) => name !== '@opentelemetry/api'))
  })

  it(`has a main entry of at most ${MOST_BYTES_GZIPPED / 1_000} kB gzipped`, () => {
    const code = [...filesOf(path.join(packed.sdk, 'dist/index.js'))].map((file) => readFileSync(file, 'utf8')).join('')
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(MOST_BYTES_GZIPPED)
  })

  it('does not load the validation of the API', async () => {
    packed.write(
      'loads.mjs',
      `import { registerHooks } from 'node:module'
registerHooks({ load: (url, context, next) => { if (url.includes('zod')) console.log(url); return next(url, context) } })
await import('@seamtrace/sdk')`,
    )
    expect(await packed.node(['loads.mjs'])).toEqual({ code: 0, out: '', err: '' })
  })
})

const PROGRAM = `
const seamtrace = start({ service: 'packed' })
pipeline('span-000001', () => step('span-000002', () => 1))
seamtrace.shutdown()
`

describe('a program', { timeout: PATIENCE_MS }, () => {
  const seen = (): string[] => [...collector.names].sort()

  it('in ES modules sends spans', async () => {
    packed.write('app.mjs', `import { pipeline, start, step } from '@seamtrace/sdk'\n${PROGRAM}`)
    expect(await packed.node(['app.mjs'], environment())).toEqual({ code: 0, out: '', err: '' })
    expect(seen()).toEqual(['span-000001', 'span-000002'])
  })

  it('in CommonJS sends spans', async () => {
    packed.write('app.cjs', `const { pipeline, start, step } = require('@seamtrace/sdk')\n${PROGRAM}`)
    expect(await packed.node(['app.cjs'], environment())).toEqual({ code: 0, out: '', err: '' })
    expect(seen()).toEqual(['span-000001', 'span-000002'])
  })

  it('that loads every entry in both ways has each once', async () => {
    const names = entries()
      .map(([name]) => name.replace('.', '@seamtrace/sdk'))
      .filter((name) => !name.endsWith('/register'))
    packed.write(
      'both.mjs',
      `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
for (const name of ${JSON.stringify(names)}) {
  const [imported, required] = [await import(name), require(name)]
  for (const key of Object.keys(imported)) if (imported[key] !== required[key]) console.log(name, key)
  if (Object.keys(imported).length === 0) console.log(name, 'is empty')
}`,
    )
    expect(await packed.node(['both.mjs'])).toEqual({ code: 0, out: '', err: '' })
  })

  it.each([
    ['--import', 'plain.mjs', `import { trace } from '@opentelemetry/api'`],
    ['--require', 'plain.cjs', `const { trace } = require('@opentelemetry/api')`],
    ['--import', 'other.cjs', `const { trace } = require('@opentelemetry/api')`],
    ['--require', 'other.mjs', `import { trace } from '@opentelemetry/api'`],
  ])('that knows nothing of us is recorded by %s (%s)', async (flag, file, load) => {
    packed.write(file, `${load}\ntrace.getTracer('app').startSpan('span-000003').end()`)
    expect(await packed.node([flag, '@seamtrace/sdk/register', file], environment())).toEqual({ code: 0, out: '', err: '' })
    expect(seen()).toEqual(['span-000003'])
  })
})

const TYPED = `
const answer: Promise<number> = pipeline('p', {}, async () => step('s', { layer: 'planning' }, () => 1))
// @ts-expect-error there is no such layer
step('s', { layer: 'nowhere' }, () => 1)
// @ts-expect-error a number is no text
const wrong: string = step('s', () => 1)
export const options: StepOptions<{ id: string }> = { needs: ['id'] }
export { answer, wrong }
`

it('TypeScript finds the types from ES modules and from CommonJS, without skipping those of libraries', {
  timeout: PATIENCE_MS,
}, async () => {
  const imports = `import { pipeline, step, type StepOptions } from '@seamtrace/sdk'\nimport { instrumentOpenAI } from '@seamtrace/sdk/openai'\nexport const client = instrumentOpenAI({ a: 1 })\nexport const one: number = client.a\n`
  packed.write('typed.mts', `${imports}${TYPED}`)
  packed.write('typed.cts', `${imports}${TYPED}`)
  const tsc = path.join(import.meta.dirname, '../../node_modules/typescript/bin/tsc')
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['node20', 'node16'],
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ]) {
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2024',
      lib: ['es2024', 'dom'],
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    }
    packed.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['typed.mts', 'typed.cts'] }))
    expect({ module, ...(await packed.node([tsc, '-p', '.'])) }).toEqual({ module, code: 0, out: '', err: '' })
  }
})
