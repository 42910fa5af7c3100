// Every TypeScript block of the guides and of the README is one that the compiler takes, against the real packages.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../..')
const GUIDES = path.join(ROOT, 'docs/guides')
const guides = readdirSync(GUIDES).map((name) => path.join(GUIDES, name))

const folder = mkdtempSync(path.join(tmpdir(), 'seamtrace-guides-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const blocksOf = (file: string): { name: string; text: string }[] =>
  [...readFileSync(file, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, text = ''], at) => ({
    name: `${path.basename(file, '.md')}-${at + 1}.mts`,
    text,
  }))

it('all of them', { timeout: 180_000 }, () => {
  const blocks = [path.join(ROOT, 'README.md'), ...guides].flatMap(blocksOf)
  expect(blocks.length).toBeGreaterThan(10)
  for (const { name, text } of blocks) writeFileSync(path.join(folder, name), text)
  copyFileSync(path.join(import.meta.dirname, 'surroundings.fixture.d.ts'), path.join(folder, 'surroundings.d.ts'))
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
  // no DOM: readers have Node alone
  const settings = {
    extends: path.join(ROOT, 'tsconfig.json'),
    compilerOptions: { lib: ['ES2024', 'ESNext.Disposable'] },
    include: ['*.mts', '*.d.ts'],
    exclude: [],
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const { stdout, status } = spawnSync('tsc', ['--noEmit', '--pretty', 'false', '-p', folder], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

it('the README names every guide', () => {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8')
  for (const guide of guides) expect(readme).toContain(`(docs/guides/${path.basename(guide)})`)
})
