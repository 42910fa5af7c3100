// Steps and the seams between them, from spans as real systems send them: transfers, branches, agents inside agents, silent roots.
import type { RecognizedSpan, Run } from '@seamtrace/schema'
import { describe, expect, it } from 'vitest'
import { analyze } from './analyze.ts'
import { type SentTree, sentTree } from './sent-tree.fixture.ts'

const runOf = (root: SentTree, scope: string): Run => {
  const spans: RecognizedSpan[] = sentTree(root, scope)
  const runs = analyze(spans)
  expect(analyze(spans.toReversed())).toEqual(runs)
  expect(runs).toHaveLength(1)
  return (runs[0] as { run: Run }).run
}

const outermost = ({ steps }: Run): string[] =>
  steps.filter(({ parent }) => parent === '').flatMap(({ name, operations }) => operations.map(({ outcome }) => `${name} ${outcome}`))
const crossings = ({ handoffs }: Run): string[] => handoffs.map(({ from, to, rule }) => `${from}→${to} ${rule}`).sort()

describe('branches', () => {
  const LANGCHAIN = 'openinference.instrumentation.langchain'
  const node = (name: string, from: number, to: number): SentTree => ({
    name,
    from,
    to,
    attributes: { 'openinference.span.kind': 'CHAIN', metadata: JSON.stringify({ langgraph_node: name }) },
  })
  const graph = (...children: SentTree[]): SentTree => ({
    name: 'research',
    from: 0,
    to: 100,
    attributes: { 'openinference.span.kind': 'CHAIN' },
    children,
  })

  it('meet in the step that waited for all of them', () => {
    const run = runOf(graph(node('plan', 1, 10), node('prices', 11, 40), node('reviews', 12, 50), node('respond', 51, 90)), LANGCHAIN)
    expect(crossings(run)).toEqual([
      'plan→prices order',
      'plan→reviews order',
      'prices→respond join',
      'reviews→respond order',
      'start→plan order',
    ])
    expect(run.handoffs.find(({ rule }) => rule === 'join')).toMatchObject({ inferred: true, waitMs: 11 })
  })

  it('that go on by themselves do not cross over', () => {
    const run = runOf(graph(node('a', 1, 10), node('b', 1, 12), node('a2', 10, 20), node('b2', 12, 22)), LANGCHAIN)
    expect(crossings(run)).toEqual(['a→a2 order', 'b→b2 order', 'start→a order', 'start→b order'])
  })

  it('of different lengths meet too', () => {
    const run = runOf(graph(node('a', 1, 10), node('long', 1, 40), node('a2', 10, 20), node('join', 41, 50)), LANGCHAIN)
    expect(crossings(run)).toEqual(['a2→join join', 'a→a2 order', 'long→join order', 'start→a order', 'start→long order'])
  })
})

describe('a step that links to what made it begin', () => {
  const FRAMEWORK = 'agent_framework'
  const flow = (...children: SentTree[]): SentTree => ({
    name: 'workflow.run',
    from: 0,
    to: 100,
    attributes: { 'workflow.name': 'order_desk' },
    children,
  })
  const work = (id: string, from: number, to: number, more: Partial<SentTree> = {}): SentTree => ({
    name: `executor.process ${id}`,
    from,
    to,
    attributes: { 'executor.id': id, 'executor.type': 'Work' },
    children: [{ name: 'message.send', from: to - 1, to }],
    ...more,
  })
  // ids are given in the order of the tree: 1 the run, 2 split, 3 its message, 4 check_stock, 5 …
  const id = (number: number): string => String(number).padStart(16, '0')

  it('was handed over by that, whatever ended before it', () => {
    const run = runOf(
      flow(
        work('split', 1, 10),
        work('check_stock', 11, 20, { links: [id(3)] }),
        work('check_price', 21, 30, { links: [id(3)] }),
        work('send', 31, 40, { links: [id(5), id(7)] }),
      ),
      FRAMEWORK,
    )
    expect(crossings(run)).toEqual([
      'check_price→send link',
      'check_stock→send link',
      'split→check_price link',
      'split→check_stock link',
      'start→split order',
    ])
    expect(run.handoffs.filter(({ inferred }) => inferred).map(({ to }) => to)).toEqual(['split'])
  })

  it('is none where its agent only took note of a message', () => {
    const ofAgent = (name: string, from: number, to: number, more: Partial<SentTree>): SentTree =>
      work(name, from, to, { attributes: { 'executor.id': name, 'executor.type': 'HandoffAgentExecutor' }, ...more })
    const run = runOf(
      flow(
        ofAgent('clerk', 1, 10, {}),
        ofAgent('accountant', 11, 12, { links: [id(3)], children: [] }),
        ofAgent('accountant', 13, 30, { links: [id(3)] }),
      ),
      FRAMEWORK,
    )
    expect(outermost(run)).toEqual(['clerk success', 'accountant success'])
    expect(crossings(run)).toEqual(['clerk→accountant link', 'start→clerk order'])
  })
})

describe('a transfer in LangGraph', () => {
  const LANGSMITH = 'langsmith'
  const chain = (name: string, from: number, to: number, more: Record<string, string> = {}, children: SentTree[] = []): SentTree => ({
    name,
    from,
    to,
    attributes: { 'langsmith.span.kind': 'chain', ...more },
    children,
  })
  const inNode = (node: string, agent = '') => ({
    'langsmith.metadata.langgraph_node': node,
    ...(agent !== '' && { 'langsmith.metadata.lc_agent_name': agent }),
  })
  const transfer = (name: string): SentTree => ({
    name,
    from: 12,
    to: 13,
    attributes: { 'langsmith.span.kind': 'tool', ...inNode('tools') },
  })
  const desk = (tool: string): SentTree =>
    chain('order_desk', 0, 100, {}, [
      chain('clerk', 1, 40, inNode('clerk'), [
        chain('clerk', 2, 39, inNode('clerk', 'clerk'), [chain('tools', 11, 20, inNode('tools', 'clerk'), [transfer(tool)])]),
      ]),
      chain('accountant', 41, 90, inNode('accountant')),
    ])

  it('is a handoff between the nodes, and no call', () => {
    const run = runOf(desk('transfer_to_accountant'), LANGSMITH)
    expect(run.calls).toEqual([])
    expect(crossings(run)).toContain('clerk→accountant target')
    expect(run.steps.find(({ name }) => name === 'clerk')).toMatchObject({ agent: 'clerk', parent: '' })
  })

  it('that failed is a call that failed', () => {
    const failed = desk('transfer_to_accountant')
    const spans = sentTree(failed, LANGSMITH).map((span) => (span.type === 'tool' ? { ...span, outcome: 'failure' as const } : span))
    expect(analyze(spans)[0]?.run.calls.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(['transfer_to_accountant failure'])
  })

  it('by its name alone is a tool like others', () => {
    const run = runOf(desk('transfer_to_savings'), LANGSMITH)
    expect(run.calls.map(({ name }) => name)).toEqual(['transfer_to_savings'])
    expect(crossings(run)).toContain('clerk→accountant order')
  })

  it('finds a graph of the same name as its node to be that node', () => {
    const twice = chain('order_desk', 0, 100, {}, [chain('clerk', 1, 40, inNode('clerk'), [chain('clerk', 2, 39, inNode('clerk'))])])
    expect(runOf(twice, LANGSMITH).steps.map(({ name, operations }) => [name, operations.length])).toEqual([['clerk', 1]])
  })
})

describe('an agent below another', () => {
  const ADK = 'gcp.vertex.agent'
  const at = (name: string, from: number, to: number, children: SentTree[] = [], more: Partial<SentTree> = {}): SentTree => ({
    name,
    from,
    to,
    children,
    ...more,
  })
  /** ADK says of an inference what was asked once it is answered. */
  const llm = (from: number, to: number, children: SentTree[] = [], more: Partial<SentTree> = {}): SentTree =>
    at('call_llm', from, to, children, { attributes: { 'gen_ai.request.model': 'gemini-2.5-flash' }, ...more })
  const transfer = (args: Record<string, string>): SentTree => at('execute_tool transfer_to_agent', 10, 11, [], { attributes: args })
  const triage = (args: Record<string, string>, more: Partial<SentTree> = {}): SentTree =>
    at('invoke_agent triage', 0, 100, [llm(1, 99, [transfer(args), at('invoke_agent support', 20, 90, [llm(21, 80)], more)], more)], more)

  it('is a step beside it, where control passed', () => {
    for (const args of [{ 'gcp.vertex.agent.tool_call_args': '{"agentName":"support"}' }, {}] as Record<string, string>[]) {
      const run = runOf(triage(args), ADK)
      expect(outermost(run)).toEqual(['triage success', 'support success'])
      expect(crossings(run)).toEqual(['start→triage order', 'triage→support target'])
      expect(run.handoffs.at(-1)).toMatchObject({ mode: 'pass_control', inferred: false })
      expect(run.calls.map(({ type, step }) => `${type} ${step}`)).toEqual(['model triage', 'model support'])
    }
  })

  it('stands inside where it is to return to its caller, and nothing is lost where nobody is named', () => {
    const args = { 'gcp.vertex.agent.tool_call_args': '{"agentName":"support"}', 'seamtrace.handoff.mode': 'return_to_caller' }
    expect(outermost(runOf(triage(args), ADK))).toEqual(['triage success'])
    const alone = at('invoke_agent triage', 0, 100, [llm(1, 99, [transfer({})])])
    expect(crossings(runOf(alone, ADK))).toEqual(['start→triage order'])
  })

  it('may hand back, which is another visit', () => {
    const back = at('invoke_agent triage', 0, 100, [
      llm(1, 99, [
        transfer({}),
        at('invoke_agent support', 20, 90, [
          llm(21, 80, [at('execute_tool transfer_to_agent', 30, 31), at('invoke_agent triage', 40, 70)]),
        ]),
      ]),
    ])
    const run = runOf(back, ADK)
    expect(run.steps.map(({ name, operations }) => [name, operations.map(({ visit }) => visit)])).toEqual([
      ['triage', [1, 2]],
      ['support', [1]],
    ])
    expect(crossings(run)).toEqual(['start→triage order', 'support→triage target', 'triage→support target'])
  })

  it('that took over is charged with its own failure', () => {
    const { outcome, attributedTo } = runOf(triage({}, { error: 'order service answered 503' }), ADK)
    expect({ outcome, seam: attributedTo?.seam, step: attributedTo?.step }).toEqual({
      outcome: 'failure',
      seam: 'triage→support',
      step: 'support',
    })
  })

  it('is a step inside it, where it was asked through a tool', () => {
    const OP = 'gen_ai.operation.name'
    const root: SentTree = at('invoke_agent support', 0, 100, [
      at('chat gpt-4.1-mini', 1, 10, [], { attributes: { [OP]: 'chat' } }),
      at(
        'execute_tool ask_billing',
        11,
        60,
        [at('invoke_agent billing', 12, 59, [], { attributes: { [OP]: 'invoke_agent', 'gen_ai.agent.name': 'billing' } })],
        { attributes: { [OP]: 'execute_tool', 'gen_ai.tool.name': 'ask_billing' } },
      ),
    ])
    const run = runOf({ ...root, attributes: { [OP]: 'invoke_agent', 'gen_ai.agent.name': 'support' } }, 'pydantic-ai')
    expect(outermost(run)).toEqual(['support success'])
    expect(crossings(run)).toEqual(['start→support order', 'support→billing order'])
    expect(run.handoffs.at(-1)).toMatchObject({ mode: 'return_to_caller', inferred: true })
    expect(run.calls.map(({ name }) => name)).toContain('ask_billing')
  })

  it('is the step, where the one above only lets others work', () => {
    const crew = at('invoke_workflow crew', 0, 100, [
      at('invoke_agent crew', 1, 99, [
        at('invoke_agent checks', 2, 50, [
          at('invoke_agent storekeeper', 3, 40, [llm(4, 39)]),
          at('invoke_agent accountant', 5, 49, [llm(6, 48)]),
        ]),
        at('invoke_agent sender', 51, 98, [llm(52, 97)]),
      ]),
    ])
    const run = runOf(crew, ADK)
    expect(outermost(run)).toEqual(['storekeeper success', 'accountant success', 'sender success'])
    expect(crossings(run)).toEqual([
      'accountant→sender order',
      'start→accountant order',
      'start→storekeeper order',
      'storekeeper→sender join',
    ])
  })

  it('does not hide the one above where the models of an agent may be unseen', () => {
    const OI = 'openinference.span.kind'
    const member = (name: string, from: number, to: number, children: SentTree[] = []): SentTree =>
      at(name, from, to, children, { attributes: { [OI]: 'AGENT', 'agent.name': name } })
    const crew = at('crew', 0, 100, [member('manager', 1, 99, [member('writer', 2, 50)])], { attributes: { [OI]: 'CHAIN' } })
    expect(outermost(runOf(crew, 'openinference.instrumentation.agno'))).toEqual(['manager success'])
  })

  it('does not hide one that failed by itself', () => {
    const crew = at(
      'invoke_workflow crew',
      0,
      100,
      [
        at('invoke_agent checks', 1, 99, [at('invoke_agent storekeeper', 3, 40, [llm(4, 39)])], {
          error: 'a branch is missing',
        }),
      ],
      { error: 'a branch is missing' },
    )
    expect(runOf(crew, ADK).attributedTo).toMatchObject({ seam: 'start→checks' })
  })
})

describe('agents that are shown by their turns', () => {
  const LLAMA = 'openinference.instrumentation.llama_index'
  const OI = 'openinference.span.kind'
  const turn = (agent: string, from: number, to: number): SentTree => ({
    name: 'AgentWorkflow.run_agent_step',
    from,
    to,
    attributes: { [OI]: 'CHAIN', 'input.value': JSON.stringify({ ev: `AgentSetup(input=[], current_agent_name='${agent}')` }) },
    children: [{ name: 'OpenAI.achat', from: from + 1, to: to - 1, attributes: { [OI]: 'LLM' } }],
  })
  const calls = (tool: string, from: number, to: number, input = ''): SentTree => ({
    name: 'AgentWorkflow.call_tool',
    from,
    to,
    attributes: { [OI]: 'CHAIN' },
    children: [{ name: 'FunctionTool.acall', from, to, attributes: { [OI]: 'TOOL', 'tool.name': tool, 'input.value': input } }],
  })

  it('are steps for as long as they are in charge, with the tools that they had called', () => {
    const workflow: SentTree = {
      name: 'AgentWorkflow.run',
      from: 0,
      to: 100,
      attributes: { [OI]: 'CHAIN' },
      children: [
        turn('clerk', 1, 10),
        calls('get_order', 11, 12),
        turn('clerk', 13, 20),
        calls('handoff', 21, 22, '{"kwargs": {"to_agent": "accountant"}}'),
        turn('accountant', 23, 30),
        turn('clerk', 31, 40),
      ],
    }
    const run = runOf(workflow, LLAMA)
    expect(outermost(run)).toEqual(['clerk success', 'clerk success', 'accountant success'])
    expect(crossings(run)).toEqual(['accountant→clerk order', 'clerk→accountant target', 'start→clerk order'])
    expect(run.calls.map(({ type, step, visit }) => `${type} ${step} ${visit}`)).toEqual([
      'model clerk 1',
      'tool clerk 1',
      'model clerk 1',
      'model accountant 1',
      'model clerk 2',
    ])
  })
})

describe('a root that says nothing of the end', () => {
  const AGENTS = 'openinference.instrumentation.openai_agents'
  const agent = (name: string, from: number, to: number, more: Partial<SentTree> = {}): SentTree => ({
    name,
    from,
    to,
    attributes: { 'openinference.span.kind': 'AGENT', 'graph.node.id': name },
    ...more,
  })
  const desk = (...children: SentTree[]): SentTree => ({
    name: 'order_desk',
    from: 0,
    to: 100,
    attributes: { 'openinference.span.kind': 'AGENT' },
    children,
  })

  it('failed with its last step', () => {
    const run = runOf(desk(agent('clerk', 1, 90, { error: "Guardrail tripwire triggered: {'guardrail': 'names_the_order'}" })), AGENTS)
    expect(run).toMatchObject({ outcome: 'failure', attributedTo: { seam: 'start→clerk', kind: 'rejected_by_check' } })
  })

  it('did not fail where something came after', () => {
    const run = runOf(desk(agent('clerk', 1, 40, { error: 'Max turns exceeded' }), agent('accountant', 41, 90)), AGENTS)
    expect(run).toMatchObject({ outcome: 'success', recovered: true })
  })
})
