// The Anthropic SDK's own spans, and those that its platform sends of the same calls.
import { emitter, nameAfter } from '../emitter.ts'
import { typeOfOperation } from '../span-type.ts'

const TOOL_NAMES = ['anthropic.tool_use', 'anthropic.custom_tool_use', 'anthropic.mcp_tool_use']

const TOOL_RUNNER = 'anthropic.messages.tool_runner'

const toolOf = (name: string): string => TOOL_NAMES.map((word) => nameAfter(name, word)).find(Boolean) ?? ''

export const anthropic = emitter({
  name: 'anthropic',
  scopes: ['com.anthropic.sdk.*', 'com.anthropic.claude-platform*'],
  typeOf: ({ name }, operation) => {
    if (name === 'anthropic.environment.work') return 'step'
    if (toolOf(name) !== '') return 'tool'
    return typeOfOperation(operation) ?? (name.startsWith('anthropic.sessions.') ? 'agent' : 'other')
  },
  keys: {
    session: ['anthropic.session.id'],
    response: ['anthropic.request.id'],
    finish: ['anthropic.message.stop_reason'],
    result: ['anthropic.tool_result.content'],
  },
  tells: ({ name }, type) => {
    // the loop of the SDK around model and tools, which is no agent of anyone's
    if (name === TOOL_RUNNER) return { agent: '' }
    const tool = type === 'tool' ? toolOf(name) : ''
    return tool === '' ? undefined : { tool }
  },
})
