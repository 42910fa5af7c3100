// Each recipe of docs/guides/python.md is what its emitter program does: that is where it is tested with the real library.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../..')
const PROGRAMS = path.join(ROOT, 'test/emitters/programs/py')

const codeIn = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

const recipes = readFileSync(path.join(ROOT, 'docs/guides/python.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!framework)\w/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, framework = '', packages, lines, variables, program]) => ({
    framework,
    packages: codeIn(packages),
    lines: codeIn(lines),
    variables: codeIn(variables),
    program: codeIn(program)[0] ?? '',
  }))

it('there is a recipe for every program, and a program for every recipe', () => {
  const programs = readdirSync(PROGRAMS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'fakes' && !entry.name.startsWith('__'))
    .map(({ name }) => name)
  expect(recipes.map(({ program }) => program).sort()).toEqual(programs.sort())
})

it.each(recipes)('$framework: packages, lines and variables are those of $program', ({ packages, lines, variables, program }) => {
  const required = readFileSync(path.join(PROGRAMS, program, 'requirements.txt'), 'utf8')
    .split('\n')
    .map((line) => line.split('==')[0])
  const text = readFileSync(path.join(PROGRAMS, program, 'program.py'), 'utf8')
  expect(required).toEqual(expect.arrayContaining(packages))
  expect(required).toContain('opentelemetry-exporter-otlp-proto-http')
  for (const line of lines) expect(text).toContain(line)
  for (const variable of variables) expect(text).toContain(`os.environ["${variable}"]`)
})
