// Turns: frameworks that show no agent as a whole, but each time that one of them speaks.

/** The end of the span's name, of LlamaIndex's workflows of agents. */
export const TURN_OF_AGENT = '.run_agent_step'

export const isTurn = ({ type, emitter, name }: { type: string; emitter: string; name: string }): boolean =>
  type === 'agent' && emitter === 'openinference' && name.endsWith(TURN_OF_AGENT)
