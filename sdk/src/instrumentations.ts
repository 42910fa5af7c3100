// Switches on OpenTelemetry's own instrumentations that the program has installed: vendors' clients without a line of code.
import { createRequire, register } from 'node:module'
import { pathToFileURL } from 'node:url'
import { diag } from '@opentelemetry/api'
import { safely } from './safe.ts'

/** Package, and the class in it. Requests of HTTP clients show the tries that a vendor's client hides. */
const KNOWN: readonly (readonly [string, string])[] = [
  ['@opentelemetry/instrumentation-undici', 'UndiciInstrumentation'],
  ['@opentelemetry/instrumentation-openai', 'OpenAIInstrumentation'],
  ['@opentelemetry/instrumentation-aws-sdk', 'AwsInstrumentation'],
  ['@traceloop/instrumentation-anthropic', 'AnthropicInstrumentation'],
  ['@traceloop/instrumentation-pinecone', 'PineconeInstrumentation'],
]
const HOOK = '@opentelemetry/instrumentation/hook.mjs'

/**
 * Loads and enables each known instrumentation that can be found from `folder`. One that cannot be loaded is left out, with a word in
 * OpenTelemetry's own log.
 * @param folder ends with a slash
 * @returns the packages that are on
 * @example await instrumentInstalled(`${process.cwd()}/`) // ['@opentelemetry/instrumentation-undici']
 */
export const instrumentInstalled = async (folder: string): Promise<string[]> => {
  const require = createRequire(pathToFileURL(folder))
  const pathOf = (name: string): string | undefined => {
    try {
      return require.resolve(name)
    } catch {
      return undefined
    }
  }
  const installed = KNOWN.flatMap(([name, exported]) => {
    const path = pathOf(name)
    return path === undefined ? [] : [{ name, exported, path }]
  })
  // ES modules are seen only by a hook that is there before they are loaded
  const hook = installed.length > 0 ? pathOf(HOOK) : undefined
  if (hook !== undefined) safely(() => register(pathToFileURL(hook)))
  const enabled = await Promise.all(installed.map(async ({ name, exported, path }) => ((await enable(path, exported)) ? [name] : [])))
  return enabled.flat()
}

const enable = async (path: string, exported: string): Promise<boolean> => {
  try {
    const loaded: Record<string, unknown> = await import(pathToFileURL(path).href)
    const inner = typeof loaded.default === 'object' && loaded.default !== null ? Reflect.get(loaded.default, exported) : undefined
    const Instrumentation = (loaded[exported] ?? inner) as (new () => unknown) | undefined
    if (typeof Instrumentation !== 'function') return false
    // a new instrumentation is on, and asks for the global tracer provider
    new Instrumentation()
    return true
  } catch (error) {
    diag.warn(`seamtrace: cannot use ${path}`, error)
    return false
  }
}
