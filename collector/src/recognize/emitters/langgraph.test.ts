// Spans of LangGraph as OpenInference instruments it: nodes, agents that are nodes, and what they throw to steer.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}

const OI = 'openinference.span.kind'

describe('openinference of LangGraph', () => {
  const metadata = (more: object = {}): string =>
    JSON.stringify({ langgraph_step: 2, langgraph_node: 'research', thread_id: 't-7', langgraph_triggers: ['branch:to:research'], ...more })

  table('@arizeai/openinference-instrumentation-langchain', [
    [
      'the graph',
      { name: 'LangGraph', isRoot: true, attributes: { [OI]: 'CHAIN', metadata: '{"thread_id": "t-7"}' } },
      { type: 'pipeline', pipeline: '', sessionId: 't-7' },
    ],
    ['a graph below a request', { name: 'LangGraph', attributes: { [OI]: 'CHAIN' } }, { type: 'pipeline', pipeline: '' }],
    ['a graph with a name', { name: 'refunds', isRoot: true, attributes: { [OI]: 'CHAIN' } }, { type: 'pipeline', pipeline: 'refunds' }],
    [
      'a node',
      { name: 'research', attributes: { [OI]: 'CHAIN', metadata: metadata() } },
      { type: 'step', step: 'research', emitter: 'openinference' },
    ],
    [
      'a runnable inside a node',
      { name: 'RunnableSequence', attributes: { [OI]: 'CHAIN', metadata: metadata() } },
      { type: 'other', step: 'research' },
    ],
    [
      'a subgraph of the same name inside a node',
      { name: 'research', attributes: { [OI]: 'CHAIN', metadata: metadata(), 'tag.tags': ['seq:step:1'] } },
      { type: 'other' },
    ],
    [
      'a node by its tag',
      { name: 'research', attributes: { [OI]: 'CHAIN', metadata: metadata(), 'tag.tags': ['graph:step:2'] } },
      { type: 'step' },
    ],
    [
      'an agent',
      { name: 'writer', attributes: { [OI]: 'CHAIN', metadata: metadata({ lc_agent_name: 'writer' }) } },
      { type: 'agent', agent: 'writer' },
    ],
    [
      'an agent that is a node of its name: the graph of the agent, not the node',
      { name: 'research', attributes: { [OI]: 'CHAIN', metadata: metadata({ lc_agent_name: 'research' }) } },
      { type: 'agent', agent: 'research' },
    ],
    [
      'a node in which an agent of LangGraph.js answers',
      {
        name: 'research',
        attributes: {
          [OI]: 'CHAIN',
          metadata: metadata(),
          'output.value':
            '{"messages":[{"lc":1,"type":"constructor","id":["langchain_core","messages","AIMessage"],"kwargs":{"id":"c-1","name":"clerk"}}]}',
        },
      },
      { type: 'step', step: 'research', agent: 'clerk' },
    ],
    [
      'an agent that is the whole graph',
      { name: 'clerk', isRoot: true, attributes: { [OI]: 'CHAIN', metadata: '{"lc_agent_name":"clerk"}' } },
      { type: 'pipeline', pipeline: 'clerk', agent: 'clerk' },
    ],
    [
      'an inference in a node',
      { name: 'ChatOpenAI', attributes: { [OI]: 'LLM', metadata: metadata() } },
      { type: 'model', step: 'research' },
    ],
    [
      'a transfer',
      { name: 'transfer_to_billing', attributes: { [OI]: 'TOOL' } },
      { type: 'tool', tool: 'transfer_to_billing', handoffTo: 'billing' },
    ],
    [
      'an interrupt, told as an error',
      {
        name: 'approve',
        attributes: { [OI]: 'CHAIN', metadata: metadata({ langgraph_node: 'approve' }) },
        error: 'GraphInterrupt: [{"value":"ok?"}]',
        exception: { type: 'GraphInterrupt' },
      },
      { type: 'step', outcome: 'waiting', failureKind: '' },
    ],
    [
      'a command to the parent graph, told as an error',
      { name: 'agent', attributes: { [OI]: 'CHAIN' }, error: 'ParentCommand', exception: { type: 'langgraph.errors.ParentCommand' } },
      { outcome: 'success', failureKind: '' },
    ],
    [
      'a command in JavaScript, whose text is a stack',
      {
        name: 'supervisor',
        attributes: { [OI]: 'CHAIN' },
        error: '\n\nParentCommand\n    at RunnableCallable._controlBranch (utils.js:1:2)',
      },
      { outcome: 'success', failureKind: '' },
    ],
    [
      'metadata that is no JSON',
      { name: 'x', attributes: { [OI]: 'CHAIN', metadata: '{"langgraph_node": ' } },
      { type: 'other', step: '' },
    ],
  ])
})
