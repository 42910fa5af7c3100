// Switches on OpenTelemetry's own instrumentations that the program has installed: vendors' clients without a line of code.
import { readFileSync } from 'node:fs'
import { createRequire, findPackageJSON, register } from 'node:module'
import { pathToFileURL } from 'node:url'
import { diag, type Span } from '@opentelemetry/api'
import { safely } from './safe.ts'

interface Known {
  readonly name: string
  /** the class in it */
  readonly exported: string
  /** it changes modules as they are loaded; for ES modules it needs a hook */
  readonly patches: boolean
  /** what its constructor is given */
  readonly config?: object
  /** this package makes its own spans from that major version on */
  readonly until?: { readonly client: string; readonly major: number }
}

// the client tells how often it tried; its requests are HTTP/2, for which there is no instrumentation
const tellAttempts = (span: Span, { response }: { response?: { data?: { $metadata?: { attempts?: number } } } }): void => {
  const attempts = response?.data?.$metadata?.attempts ?? 1
  if (attempts > 1) span.setAttribute('http.request.resend_count', attempts - 1)
}

/** Requests of HTTP clients show the tries that a vendor's client hides. */
const KNOWN: readonly Known[] = [
  { name: '@opentelemetry/instrumentation-undici', exported: 'UndiciInstrumentation', patches: false },
  { name: '@opentelemetry/instrumentation-aws-sdk', exported: 'AwsInstrumentation', patches: true, config: { responseHook: tellAttempts } },
  {
    name: '@traceloop/instrumentation-anthropic',
    exported: 'AnthropicInstrumentation',
    patches: true,
    until: { client: '@anthropic-ai/sdk', major: 1 },
  },
  { name: '@traceloop/instrumentation-pinecone', exported: 'PineconeInstrumentation', patches: true },
]
const HOOK = '@opentelemetry/instrumentation/hook.mjs'

/**
 * Loads and enables each known instrumentation that can be found from one of the `folders`. One that cannot be loaded is left out, with a
 * word in OpenTelemetry's own log. Nothing in here waits, so that `--require` can do it as well.
 * @param folders end with a slash
 * @returns the packages that are on
 * @example instrumentInstalled([`${process.cwd()}/`]) // ['@opentelemetry/instrumentation-undici']
 */
export const instrumentInstalled = (folders: readonly string[]): string[] => {
  const requires = folders.map((folder) => createRequire(pathToFileURL(folder)))
  const hooks = new Set<string>()
  return KNOWN.flatMap((known) => {
    const path = requires.map((require) => pathOf(require, known.name)).find((found) => found !== undefined)
    if (path === undefined || !isNeeded(known, folders)) return []
    // ES modules are seen only by a hook that is there before they are loaded, and each copy of the hook serves its own instrumentations
    const hook = known.patches ? pathOf(createRequire(path), HOOK) : undefined
    if (hook !== undefined && !hooks.has(hook)) safely(() => register(pathToFileURL(hook)))
    if (hook !== undefined) hooks.add(hook)
    return enable(path, known) ? [known.name] : []
  })
}

const pathOf = (require: NodeJS.Require, name: string): string | undefined => {
  try {
    return require.resolve(name)
  } catch {
    return undefined
  }
}

const isNeeded = ({ until }: Known, folders: readonly string[]): boolean =>
  until === undefined || folders.every((folder) => majorOf(until.client, folder) < until.major)

const majorOf = (name: string, folder: string): number => {
  try {
    const file = findPackageJSON(name, pathToFileURL(`${folder}from-here.js`))
    return file === undefined ? 0 : Number.parseInt(JSON.parse(readFileSync(file, 'utf8')).version, 10)
  } catch {
    return 0
  }
}

const enable = (path: string, { exported, config }: Known): boolean => {
  try {
    const loaded: Record<string, unknown> = createRequire(path)(path)
    const Instrumentation = loaded[exported] as (new (config?: object) => unknown) | undefined
    if (typeof Instrumentation !== 'function') return false
    // a new instrumentation is on, and asks for the global tracer provider
    guard(new Instrumentation(config))
    return true
  } catch (error) {
    diag.warn(`seamtrace: cannot use ${path}`, error)
    return false
  }
}

type Patch = (exports: unknown, version?: string) => unknown

/** What an instrumentation throws while the program loads a module would end the program: a module that cannot be changed stays as it is. */
const guard = (instrumentation: unknown): void => {
  const definitions: unknown = Reflect.get(Object(instrumentation), '_modules')
  for (const definition of Array.isArray(definitions) ? definitions : [])
    for (const part of [definition, ...(Array.isArray(definition.files) ? definition.files : [])]) {
      const patch: unknown = part.patch
      if (typeof patch === 'function') part.patch = ((exports, version) => safely(() => patch(exports, version)) ?? exports) satisfies Patch
    }
}
