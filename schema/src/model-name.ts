// The name of a model as its vendor lists it, out of the forms in which clouds, gateways and frameworks write it.

/** The names under which a price may stand, the most exact first, and whether the form binds the call to one region. */
export type ModelName = { names: string[]; regional: boolean }

// What gateways and frameworks put before a name to say through whom it is asked.
const THROUGH =
  /^(?:openai|anthropic|google|gemini|google-gla|google-vertex|vertex_ai|vertex|bedrock|bedrock_converse|converse|azure|azure_ai|openrouter|litellm_proxy)[/:]/

// models/m, publishers/google/models/m, projects/p/locations/l/publishers/anthropic/models/m
const IN_PATH = /^(?:(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/(?:google|anthropic)\/)?models\//

// us.anthropic.claude-sonnet-4-5-20250929-v1:0
const ON_BEDROCK = /^(?:(us-gov|us|eu|apac|jp|au|ca|global)\.)?anthropic\.(.+?)(?:-v\d+(?::\d+k?)*)?$/

/** A date, `latest`, a build number: what a snapshot of a model has behind its name. */
const SNAPSHOT = /(?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)|@default|-00\d)$/

// A gateway behind a gateway is told too; a name has not more of them.
const MOST_PREFIXES = 3

const LONG_CONTEXT = '[1m]'

const bareOf = (model: string): string => {
  let name = model.trim().toLowerCase()
  if (name.startsWith('arn:aws')) name = name.slice(name.lastIndexOf('/') + 1)
  for (let round = 0; round < MOST_PREFIXES && /[/:]/.test(name); round++) name = name.replace(IN_PATH, '').replace(THROUGH, '')
  // Claude Code marks its long context so, which has no price of its own
  return name.endsWith(LONG_CONTEXT) ? name.slice(0, -LONG_CONTEXT.length) : name
}

/**
 * @example modelName('bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0').names // ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-5']
 * @example modelName('ft:gpt-4.1-2025-04-14:acme::b1').names // []: a model of its own, of a price of its own
 */
export const modelName = (model: string): ModelName => {
  const bare = bareOf(model)
  const bedrock = bare.includes('anthropic.') ? ON_BEDROCK.exec(bare) : null
  const name = bedrock?.[2] ?? bare
  // OpenRouter writes claude-sonnet-4.5
  const listed = name.startsWith('claude-') ? name.replaceAll('.', '-') : name
  if (listed === '' || listed.startsWith('ft:')) return { names: [], regional: false }
  const whole = listed.replace(SNAPSHOT, '')
  return { names: whole === listed ? [listed] : [listed, whole], regional: bedrock !== null && bedrock[1] !== 'global' }
}
