// Spans as LangSmith's SDK exports them: runs of LangChain and LangGraph, whose errors are told as text only.
import { describe, expect, it } from 'vitest'
import { recognize } from '../recognize.ts'
import { type Sent, sentSpan } from '../sent.fixture.ts'

type Case = [title: string, sent: Sent, expected: object]
const table = (scope: string, cases: Case[]): void => {
  it.each(cases)('%s', (_title, sent, expected) => expect(recognize(sentSpan({ scope, ...sent }))).toMatchObject(expected))
}

describe('langsmith', () => {
  const KIND = 'langsmith.span.kind'
  const inNode = { 'langsmith.metadata.langgraph_node': 'research', 'langsmith.metadata.thread_id': 't-9' }
  table('langsmith', [
    [
      'the graph',
      { name: 'LangGraph', isRoot: true, attributes: { [KIND]: 'chain', 'langsmith.metadata.thread_id': 't-9' } },
      { type: 'pipeline', pipeline: '', sessionId: 't-9', emitter: 'langsmith' },
    ],
    [
      'a node',
      { name: 'research', attributes: { [KIND]: 'chain', 'langsmith.trace.name': 'research', ...inNode } },
      { type: 'step', step: 'research' },
    ],
    ['a chain in a node', { name: 'RunnableLambda', attributes: { [KIND]: 'chain', ...inNode } }, { type: 'other' }],
    [
      'an inference, whose system is a framework',
      {
        name: 'ChatOpenAI',
        attributes: {
          [KIND]: 'llm',
          'gen_ai.operation.name': 'chat',
          'gen_ai.system': 'langchain',
          'langsmith.metadata.ls_provider': 'openai',
          'langsmith.metadata.ls_model_name': 'gpt-4.1-mini',
          ...inNode,
        },
      },
      { type: 'model', provider: 'openai', model: 'gpt-4.1-mini', step: 'research' },
    ],
    [
      'a retriever, whose operation is wrong',
      { name: 'docs', attributes: { [KIND]: 'retriever', 'gen_ai.operation.name': 'embeddings' } },
      { type: 'retrieval', tool: 'docs' },
    ],
    [
      'a tool that transfers',
      { name: 'transfer_to_writer', attributes: { [KIND]: 'tool', 'gen_ai.operation.name': 'execute_tool' } },
      { type: 'tool', tool: 'transfer_to_writer', handoffTo: 'writer' },
    ],
    [
      'an interrupt, told as text',
      { name: 'approve', attributes: { [KIND]: 'chain' }, error: "GraphInterrupt((Interrupt(value='ok?'),))" },
      { outcome: 'waiting', failureKind: '' },
    ],
    [
      'a command, told as text',
      { name: 'agent', attributes: { [KIND]: 'chain' }, error: 'ParentCommand(Command(goto="writer"))' },
      { outcome: 'success', failureKind: '' },
    ],
    [
      'a real error',
      { name: 'research', attributes: { [KIND]: 'chain', ...inNode }, error: 'ValueError("no")' },
      { outcome: 'failure', failureKind: 'exception' },
    ],
    [
      'an error under status OK',
      { name: 'research', attributes: { [KIND]: 'chain', ...inNode }, exception: { type: 'Error', message: 'Error: it is gone' } },
      { outcome: 'failure', errorMessage: 'Error: it is gone', failureKind: 'exception' },
    ],
    [
      'an interrupt under status OK',
      {
        name: 'approve',
        attributes: { [KIND]: 'chain' },
        exception: { type: 'Exception', message: "GraphInterrupt((Interrupt('ok?'),))" },
      },
      { outcome: 'waiting', failureKind: '' },
    ],
    [
      'a tool whose answer is an error',
      { name: 'get_order', attributes: { [KIND]: 'tool', 'gen_ai.completion': '{"output":{"content":"no such order","status":"error"}}' } },
      { type: 'tool', outcome: 'failure', errorMessage: 'no such order' },
    ],
    [
      'a command beside a status that says OK',
      {
        name: 'agent',
        attributes: { [KIND]: 'chain' },
        exception: { type: 'Exception', message: 'ParentCommand(Command(goto="writer"))' },
      },
      { outcome: 'success', failureKind: '' },
    ],
    ['a parser', { attributes: { [KIND]: 'parser' } }, { type: 'other' }],
  ])
})
