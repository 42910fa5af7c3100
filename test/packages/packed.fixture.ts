// schema and sdk as a user gets them: built, packed by npm, and unpacked into a folder of their own beside links to what they depend on.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildLibrary } from '../../scripts/build-library.ts'

const ROOT = path.join(import.meta.dirname, '../..')
/** Packages that programs in there may use; what these need they find where they really lie. */
const LINKED = ['@opentelemetry', 'zod', 'openai', '@langchain', '@modelcontextprotocol', '@types', 'undici-types']
// what a developer has set for himself must not reach the program under test
const OWN = /^(SEAMTRACE|OTEL)_|^NODE_OPTIONS$/

export type Ended = { code: number; out: string; err: string }

export type Packed = {
  folder: string
  /** the sdk as it lies in node_modules */
  sdk: string
  write(file: string, text: string): string
  node(args: string[], env?: Record<string, string>): Promise<Ended>
  remove(): void
}

export const packLibraries = async (): Promise<Packed> => {
  await buildLibrary('schema')
  await buildLibrary('sdk')
  const folder = mkdtempSync(path.join(tmpdir(), 'seamtrace-packed-'))
  const modules = path.join(folder, 'node_modules')
  mkdirSync(path.join(modules, '@seamtrace'), { recursive: true })
  for (const name of ['schema', 'sdk']) {
    const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
      cwd: path.join(ROOT, name),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    const target = path.join(modules, '@seamtrace', name)
    mkdirSync(target)
    execFileSync('tar', ['-xzf', path.join(folder, tarball), '-C', target, '--strip-components=1'])
  }
  for (const name of LINKED)
    if (existsSync(path.join(ROOT, 'node_modules', name))) symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name))
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN.test(name)))
  return {
    folder,
    sdk: path.join(modules, '@seamtrace/sdk'),
    write: (file, text) => {
      writeFileSync(path.join(folder, file), text)
      return file
    },
    node: async (args, env = {}) => {
      const child = spawn(process.execPath, args, { cwd: folder, env: { ...inherited, SEAMTRACE_SPOOL: 'off', ...env } })
      let out = ''
      let err = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        err += text
      })
      const [code] = await once(child, 'close')
      return { code: Number(code), out, err }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
