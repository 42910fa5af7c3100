// Tells which emitter a span is of: by the name of its scope where that is enough, else by a key that nobody else writes.
import type { Span } from '@seamtrace/schema'
import type { Emitter, EmitterFact } from './emitter.ts'
import { adk } from './emitters/adk.ts'
import { agentFramework } from './emitters/agent-framework.ts'
import { anthropic } from './emitters/anthropic.ts'
import { autogen } from './emitters/autogen.ts'
import { claudeCode } from './emitters/claude-code.ts'
import { crewai } from './emitters/crewai.ts'
import { database } from './emitters/database.ts'
import { genAi } from './emitters/gen-ai.ts'
import { http, rpc } from './emitters/http.ts'
import { langsmith } from './emitters/langsmith.ts'
import { mastra } from './emitters/mastra.ts'
import { mcp } from './emitters/mcp.ts'
import { n8n } from './emitters/n8n.ts'
import { openaiAgents } from './emitters/openai-agents.ts'
import { openinference } from './emitters/openinference.ts'
import { openllmetry } from './emitters/openllmetry.ts'
import { otel } from './emitters/otel.ts'
import { pydanticAi } from './emitters/pydantic-ai.ts'
import { seamtrace } from './emitters/seamtrace.ts'
import { vercelAi } from './emitters/vercel-ai.ts'
import { vercelAiLegacy } from './emitters/vercel-ai-legacy.ts'

/** Frameworks and vendors, in the order in which their marks are looked for. */
const OF_THEIR_OWN: readonly Emitter[] = [
  openinference,
  openllmetry,
  langsmith,
  vercelAiLegacy,
  claudeCode,
  adk,
  mastra,
  pydanticAi,
  n8n,
  agentFramework,
  mcp,
  // told by their scopes alone
  vercelAi,
  anthropic,
  autogen,
  crewai,
  openaiAgents,
]
/** What any program and any framework may send. */
const GENERAL: readonly Emitter[] = [genAi, http, rpc, database]

export const EMITTERS: readonly Emitter[] = [seamtrace, ...OF_THEIR_OWN, ...GENERAL, otel]

/** Spans that tell of no convention for agents: inside a call they are how that call works. */
export const PLAIN_EMITTERS: ReadonlySet<string> = new Set([http, rpc, database, otel].map(({ name }) => name))

/** The names of those of which this is so. */
export const withFact = (fact: EmitterFact): ReadonlySet<string> =>
  new Set(EMITTERS.filter(({ facts }) => facts.includes(fact)).map(({ name }) => name))

/** Scopes whose spans carry no framework's marks, so that none need be looked for. */
const PYTHON_CLIENTS = ['httpx', 'httpx2', 'requests', 'urllib', 'urllib3', 'aiohttp_client', 'grpc']
const GENERAL_SCOPES = [
  ...['@seamtrace/*', '@opentelemetry/*', 'io.opentelemetry.*'],
  // Traceloop puts its marks on the spans of all others
  ...PYTHON_CLIENTS.map((client) => `opentelemetry.instrumentation.${client}`),
]

type Mark = readonly [key: string, emitter: Emitter]
type Scope = { emitter: Emitter | undefined; marks: readonly Mark[] }

const marksOf = (emitters: readonly Emitter[]): Mark[] => emitters.flatMap((each) => each.marks.map((mark) => [mark, each] as const))
const ANY: Scope = { emitter: undefined, marks: marksOf([...OF_THEIR_OWN, ...GENERAL]) }
const ONLY_GENERAL: Scope = { emitter: undefined, marks: marksOf(GENERAL) }

const PATTERNS: readonly (readonly [pattern: string, scope: Scope])[] = [
  ...OF_THEIR_OWN.flatMap((each) => each.scopes.map((pattern) => [pattern, { emitter: each, marks: [] }] as const)),
  ...GENERAL_SCOPES.map((pattern) => [pattern, ONLY_GENERAL] as const),
].sort(([a], [b]) => b.length - a.length)

const fits = (name: string, pattern: string): boolean => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern)

// A process has few scopes; hostile ones only empty the table.
const MAX_KNOWN_SCOPES = 1_000
const knownScopes = new Map<string, Scope>()

const scopeOf = (name: string): Scope => {
  const known = knownScopes.get(name)
  if (known) return known
  // the longest pattern first: one package of a family may be an emitter of its own
  const scope = PATTERNS.find(([pattern]) => fits(name, pattern))?.[1] ?? ANY
  if (knownScopes.size >= MAX_KNOWN_SCOPES) knownScopes.clear()
  knownScopes.set(name, scope)
  return scope
}

export const emitterOf = ({ scopeName, attributes }: Span): Emitter => {
  const { emitter, marks } = scopeOf(scopeName)
  if (emitter) return emitter
  for (let index = 0; index < marks.length; index++) {
    const mark = marks[index] as Mark
    if (attributes.has(mark[0])) return mark[1]
  }
  return otel
}
