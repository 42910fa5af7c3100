// Checks that imports only go in the directions of ARCHITECTURE.md, and that files stay of a readable length.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

type Rule = {
  /** folder that the rule is about; the longest that fits a file counts */
  folder: string
  /** folders and packages that it may import, besides itself; a trailing * fits any end */
  may: string[]
}

const NODE = 'node:*'
const PURE = ['@seamtrace/schema']

const RULES: Rule[] = [
  { folder: 'schema/src', may: ['zod'] },
  { folder: 'sdk/src', may: [...PURE, '@opentelemetry/*', NODE] },
  { folder: 'sdk/src/adapters', may: [...PURE, '@opentelemetry/*', 'sdk/src', 'openai*', '@langchain/*', '@modelcontextprotocol/*', NODE] },
  { folder: 'collector/src', may: [...PURE, 'collector/src/*', NODE, 'pino'] },
  { folder: 'collector/src/decode', may: [...PURE, 'protobufjs*', 'node:buffer'] },
  { folder: 'collector/src/recognize', may: PURE },
  { folder: 'collector/src/analyze', may: [...PURE, 'collector/src/recognize'] },
  { folder: 'collector/src/spool', may: [...PURE, NODE] },
  { folder: 'collector/src/store', may: [...PURE, 'collector/src/analyze', 'collector/src/decode', NODE, '@clickhouse/client', 'chdb'] },
  { folder: 'collector/src/insert', may: [...PURE, 'collector/src/spool', 'collector/src/store', NODE] },
  { folder: 'collector/src/access', may: [...PURE, 'collector/src/store', NODE] },
  { folder: 'collector/src/derive', may: [...PURE, 'collector/src/analyze', 'collector/src/recognize', 'collector/src/store', NODE] },
  { folder: 'collector/src/query', may: [...PURE, 'collector/src/decode', 'collector/src/recognize', 'collector/src/store', NODE] },
  { folder: 'collector/src/alert', may: [...PURE, 'collector/src/query', 'collector/src/store', NODE] },
  {
    folder: 'collector/src/receive',
    may: [
      ...PURE,
      'collector/src/access',
      'collector/src/decode',
      'collector/src/recognize',
      'collector/src/store',
      'express',
      '@grpc/grpc-js',
      NODE,
    ],
  },
  {
    folder: 'collector/src/api',
    may: [...PURE, 'collector/src/access', 'collector/src/query', 'collector/src/store', 'express', 'pino', 'prom-client', 'zod', NODE],
  },
  { folder: 'collector/src/cli', may: [...PURE, 'collector/src', NODE, 'pino'] },
  { folder: 'dashboard/src', may: [...PURE, 'dashboard/src/*', 'react*', '@tanstack/*', 'nuqs*', 'lucide-react'] },
  { folder: 'dashboard/src/charts', may: [...PURE, 'dashboard/src/lib', 'dashboard/src/ui', 'react*', 'recharts'] },
  { folder: 'dashboard/src/lib', may: [...PURE, 'react*', '@tanstack/*', 'nuqs*', 'zod'] },
  {
    folder: 'examples/src',
    may: [
      ...PURE,
      'examples/src/*',
      '@seamtrace/sdk*',
      '@opentelemetry/*',
      '@langchain/*',
      'langsmith',
      '@anthropic-ai/*',
      '@aws-sdk/*',
      '@google/*',
      '@modelcontextprotocol/*',
      '@pinecone-database/*',
      '@openai/*',
      'ai',
      '@ai-sdk/*',
      'openai',
      'zod',
      NODE,
    ],
  },
]

const MAX_LINES = 400
const IMPORT = /^\s*(?:import|export)\b[^'"]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm
const IS_TEST = /\.(test|fixture|suite)\.tsx?$/

const ruleOf = (file: string): Rule | undefined =>
  RULES.filter(({ folder }) => file.startsWith(`${folder}/`)).sort((a, b) => b.folder.length - a.folder.length)[0]

const fits = (target: string, pattern: string): boolean =>
  pattern.endsWith('*') ? target.startsWith(pattern.slice(0, -1)) : target === pattern || target.startsWith(`${pattern}/`)

/** A relative import as the folder it leads to, a package by its name. */
const targetOf = (file: string, specifier: string): string =>
  specifier.startsWith('.') ? path.posix.dirname(path.posix.join(path.posix.dirname(file), specifier)) : specifier

const allowed = (rule: Rule, file: string, target: string): boolean =>
  target === path.posix.dirname(file) ||
  target === rule.folder ||
  target.startsWith(`${rule.folder}/`) ||
  rule.may.some((pattern) => fits(target, pattern))

const faultsOf = (file: string): string[] => {
  const text = readFileSync(file, 'utf8')
  const lines = text.split('\n').length
  const faults = lines > MAX_LINES ? [`${file} has ${lines} lines, more than ${MAX_LINES}: split it by subject`] : []
  const rule = IS_TEST.test(file) ? undefined : ruleOf(file)
  if (!rule) return faults
  for (const match of text.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? ''
    const target = targetOf(file, specifier)
    if (!allowed(rule, file, target)) faults.push(`${file} may not import ${specifier}: ${rule.folder} may import ${rule.may.join(', ')}`)
  }
  return faults
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file && existsSync(file))
const faults = files.flatMap(faultsOf)
for (const fault of faults) console.error(fault)
console.log(`${files.length} files, ${faults.length} wrong directions or lengths`)
process.exitCode = faults.length > 0 ? 1 : 0
