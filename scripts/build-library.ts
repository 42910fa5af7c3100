// Builds schema or sdk: JavaScript, and types for programs of either module kind. The SDK's JavaScript is bundled, since each file costs time to load.
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { rolldown } from 'rolldown'

const ROOT = path.join(import.meta.dirname, '..')
/** The words of the schema come with the SDK; everything else is installed beside it. */
const INSIDE = /^(\.|\/|@seamtrace\/schema\/words$)/

type Entry = { 'seamtrace-source': string; import: { default: string } }

/** @throws when the compiler finds an error */
export const buildLibrary = async (workspace: 'schema' | 'sdk'): Promise<void> => {
  const folder = path.join(ROOT, workspace)
  rmSync(path.join(folder, 'dist'), { recursive: true, force: true })
  const { status } = spawnSync('tsc', ['-p', path.join(folder, 'tsconfig.build.json')], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`cannot build ${workspace}: tsc ended with ${status}`)
  if (workspace === 'sdk') await bundle(folder)
  for (const file of globSync('dist/**/*.d.ts', { cwd: folder })) writeTypes(path.join(folder, file))
}

const bundle = async (folder: string): Promise<void> => {
  const { exports }: { exports: Record<string, Entry> } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const input = Object.fromEntries(
    Object.values(exports).map((entry) => [
      entry.import.default.replace(/^\.\/dist\/|\.js$/g, ''),
      path.join(folder, entry['seamtrace-source']),
    ]),
  )
  const build = await rolldown({
    input,
    platform: 'node',
    external: (id) => !INSIDE.test(id),
    resolve: { conditionNames: ['seamtrace-source'] },
    logLevel: 'warn',
  })
  await build.write({ dir: path.join(folder, 'dist'), format: 'esm', minify: true, sourcemap: true, chunkFileNames: 'chunk-[hash].js' })
  await build.close()
}

const RELATIVE = /(from|import\() ?'(\.[^']*)\.(?:ts|js)'/g

/**
 * TypeScript takes the types of an ES module as those of a package for ES modules only, so a program in CommonJS is given a copy of its own.
 * The code behind both is one: `require` loads ES modules.
 */
const writeTypes = (file: string): void => {
  const text = readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')
  const withEnding = (ending: string): string =>
    text.replace(RELATIVE, (_whole, before: string, to: string) => `${before}${before === 'from' ? ' ' : ''}'${to}.${ending}'`)
  writeFileSync(file, withEnding('js'))
  writeFileSync(file.replace(/\.d\.ts$/, '.d.cts'), withEnding('cjs'))
}

if (import.meta.main) {
  for (const workspace of process.argv.slice(2)) {
    if (workspace !== 'schema' && workspace !== 'sdk') throw new Error(`cannot build ${workspace}: it is schema or sdk`)
    await buildLibrary(workspace)
  }
}
