// CrewAI as OpenInference instruments it: kickoffs of crews and flows, and agents at their tasks.
import { emitter, textAt } from '../emitter.ts'
import { guardrailVerdict, kindOfOpenInference, OPENINFERENCE_KEYS, typeOfOpenInference } from './openinference.ts'

const KICKOFF = '.kickoff'
// `Crew_1f0c….kickoff`: the crew has no name, only an id that is new in every process
const UNNAMED = /^Crew_[0-9a-f-]{8,}$/

/** CrewAI's own words to the agent, of which the span around all tries tells the last. */
const SENT_BACK = '### Previous attempt failed validation: '

const crewName = (name: string): string => {
  const crew = name.endsWith(KICKOFF) ? name.slice(0, -KICKOFF.length) : name
  return crew === 'Crew' || crew === 'Flow' || UNNAMED.test(crew) ? '' : crew
}

export const crewai = emitter({
  name: 'crewai',
  scopes: ['openinference.instrumentation.crewai'],
  typeOf: (span) => {
    const kind = kindOfOpenInference(span)
    if (kind !== 'CHAIN') return typeOfOpenInference(kind)
    if (span.name.endsWith(KICKOFF) || span.parentSpanId === '') return 'pipeline'
    return 'step'
  },
  keys: { ...OPENINFERENCE_KEYS, agent: ['graph.node.id', 'agent.name'], step: ['task_name'] },
  tells: (span, type) => {
    if (type === 'pipeline') return { pipeline: crewName(span.name) }
    if (type === 'check') return { verdict: guardrailVerdict(span) }
    // `Senior Researcher._execute_core`: the role stands before the method
    const role = textAt(span.attributes, 'graph.node.id') || span.name.slice(0, Math.max(0, span.name.lastIndexOf('.')))
    if (type !== 'agent' || role === '') return undefined
    // how often a guardrail sent the work back is told nowhere; that it did at least once stands in the prompt of the last try
    return { agent: role.trim(), resends: textAt(span.attributes, 'output.value').includes(SENT_BACK) ? 1 : 0 }
  },
})
