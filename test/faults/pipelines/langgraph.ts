// LangGraph.js through the SDK's adapter: the steps as nodes in a row, and the shapes that only a graph has.
import { Annotation, Command, END, interrupt, MemorySaver, Send, START, StateGraph } from '@langchain/langgraph'
import type { Layer } from '@seamtrace/schema'
import { human, pipeline } from '@seamtrace/sdk'
import { type GraphOptions, instrumentGraph } from '@seamtrace/sdk/langgraph'
import type { How } from '../hows.ts'
import { audit, judged, type State, work } from '../stages.ts'
import { innerStep } from '../truth.ts'
import { ROLES, type Role } from '../vocabulary.ts'
import type { Job } from '../world.ts'

const last = <T>(_: T | undefined, given: T | undefined): T | undefined => given

/** One channel a key that a step hands on, the subject, and what loops count. */
const channelsOf = ({ drawn: { keys } }: Job) => {
  const names = ['subject', 'text', 'decision', ...ROLES.map((role) => keys[role])]
  const single = Object.fromEntries([...new Set(names)].map((name) => [name, Annotation<unknown>()]))
  return Annotation.Root({
    ...single,
    round: Annotation<number | undefined>({ reducer: last }),
    notes: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
  })
}

type Node = (state: State) => State | Command | Promise<State | Command>
type Nodes = Record<string, Node>
// Names of nodes are drawn, so the graph's own types, which are made of names, have nothing to go by.
type Graph = StateGraph<ReturnType<typeof channelsOf>['spec'], State, State, string>

const graphOf = (job: Job, nodes: Nodes, options: object = {}): Graph => {
  const graph = new StateGraph(channelsOf(job)) as unknown as Graph
  for (const [name, node] of Object.entries(nodes)) graph.addNode(name, node as never, { ...policyOf(job, name), ...options })
  return graph
}

const policyOf = ({ manner, role, drawn }: Job, name: string) =>
  manner === 'policy' && drawn.steps[role].name === name
    ? { retryPolicy: { maxAttempts: drawn.tries, initialInterval: 1, jitter: false, logWarning: false, retryOn: () => true } }
    : {}

const optionsOf = ({ drawn: { pipeline, steps, subject } }: Job): GraphOptions => ({
  pipeline,
  session: subject,
  layers: Object.fromEntries(ROLES.flatMap((role) => (steps[role].layer ? [[steps[role].name, steps[role].layer as Layer]] : []))),
})

/** In a row each needs what the one before it made. */
const needsOf = ({ drawn: { steps, order, keys } }: Job): GraphOptions['needs'] =>
  Object.fromEntries(order.slice(1).map((role, index) => [steps[role].name, [keys[order[index] as Role]]]))

type Settings = Pick<GraphOptions, 'needs'> & { recursionLimit?: number; interruptBefore?: string[]; signal?: AbortSignal }

const invoke = (job: Job, graph: Graph, { needs, ...settings }: Settings = {}, resume?: unknown): Promise<unknown> => {
  const saver = checkpointers.get(job) ?? new MemorySaver()
  checkpointers.set(job, saver)
  const app = instrumentGraph(
    graph.compile({ checkpointer: saver, ...(settings.interruptBefore && { interruptBefore: settings.interruptBefore as never }) }),
    { ...optionsOf(job), needs },
  )
  const input = { subject: job.drawn.subject, text: job.drawn.text }
  return app.invoke((resume ? new Command({ resume }) : input) as never, { ...settings, configurable: { thread_id: job.drawn.subject } })
}
const checkpointers = new WeakMap<Job, MemorySaver>()

/** A node of the row; the last one judges the result. */
const nodeOf =
  (job: Job, role: Role): Node =>
  async (state) => {
    const key = neededBy(job, role)
    if (key && state[key] == null) throw new Error(`cannot work without ${key}`)
    const made = await work(job, role, state)
    if (role === 'delivery' && job.how !== 'wrong_way') audit(job)
    const following = job.drawn.order[job.drawn.order.indexOf(role) + 1]
    return following && job.bug(following, 'key_lost') ? {} : made
  }

const neededBy = ({ drawn: { order, keys } }: Job, role: Role): string => {
  const previous = order[order.indexOf(role) - 1]
  return previous ? keys[previous] : ''
}

const rowOf = (job: Job): Nodes => Object.fromEntries(job.drawn.order.map((role) => [job.drawn.steps[role].name, nodeOf(job, role)]))

/** Edges from each to the next, from the start to the end. */
const inARow = (graph: Graph, names: readonly string[]): Graph => {
  const stops = [START, ...names, END]
  for (const [index, name] of stops.slice(1).entries()) graph.addEdge(stops[index] as typeof START, name as typeof END)
  return graph
}

const row = (job: Job, nodes: Nodes = rowOf(job)): Graph =>
  inARow(
    graphOf(job, nodes),
    job.drawn.order.map((role) => job.drawn.steps[role].name),
  )
/** The row with another node in the place of that which the fault is about. */
const rowWith = (job: Job, node: Node): Graph => row(job, { ...rowOf(job), [job.drawn.steps[job.role].name]: node })

const namesOf = ({ drawn: { steps } }: Job): Record<Role, string> =>
  Object.fromEntries(ROLES.map((role) => [role, steps[role].name])) as Record<Role, string>

/** Two nodes that go round; the second sends back until `isDone`. */
const round = (job: Job, isDone: (round: number) => boolean, tooOften: number): Graph => {
  const { execution, verification, delivery } = namesOf(job)
  const graph = graphOf(job, {
    [execution]: async (state) => ({ ...(await work(job, 'execution', state)), round: Number(state.round ?? 0) + 1 }),
    [verification]: (state) => {
      const verdict = judged(job, Number(state.round))
      if (!verdict.pass && Number(state.round) >= tooOften) throw new Error(`draft ${state.round} is not good enough: ${verdict.reason}`)
      return { [job.drawn.keys.verification]: verdict.reason }
    },
    [delivery]: (state) => work(job, 'delivery', state),
  })
  return inARow(graph, [execution, verification]).addConditionalEdges(
    verification as never,
    ((state: State) => (isDone(Number(state.round)) ? delivery : execution)) as never,
    [execution, delivery] as never,
  )
}

/** One step lets three others work at the same time. */
const fan = (job: Job): Graph => {
  const { planning, execution, delivery } = namesOf(job)
  const graph = graphOf(job, {
    [planning]: (state) => work(job, 'planning', state),
    [execution]: (state) => {
      if (job.how === 'branch_throws' && state.part === 2)
        throw new RangeError(`part ${state.part} of ${job.drawn.subject}: ${job.drawn.reason}`)
      return { notes: [`part ${state.part}`] }
    },
    [delivery]: (state) => work(job, 'delivery', state),
  })
  return graph
    .addEdge(START, planning as never)
    .addConditionalEdges(planning as never, (() => [1, 2, 3].map((part) => new Send(execution, { part }))) as never, [execution] as never)
    .addEdge(execution as never, delivery as never)
    .addEdge(delivery as never, END)
}

/** Control is passed on by commands, perhaps out of a graph inside. */
const commands = (job: Job, parent: boolean): Graph => {
  const { planning, execution, delivery } = namesOf(job)
  const goal = new Command({ goto: execution, update: { [job.drawn.keys.planning]: 'go' }, ...(parent && { graph: Command.PARENT }) })
  const inside = inARow(graphOf(job, { decide: () => goal }), ['decide']).compile()
  const graph = graphOf(
    job,
    {
      [planning]: parent ? (inside as never) : () => goal,
      [execution]: (state) => work(job, 'execution', state),
      [delivery]: (state) => work(job, 'delivery', state),
    },
    { ends: [execution] },
  )
  return graph
    .addEdge(START, planning as never)
    .addEdge(execution as never, delivery as never)
    .addEdge(delivery as never, END)
}

/** Two branches that write the same channel at the same time. */
const clash = (job: Job): Graph => {
  const { planning, execution } = namesOf(job)
  const writes: Node = () => ({ decision: 'mine' })
  return graphOf(job, { [planning]: writes, [execution]: writes })
    .addEdge(START, planning as never)
    .addEdge(START, execution as never)
}

/** A node that is a graph of its own, in which something breaks. */
const inner = (job: Job): Graph => {
  const names = namesOf(job)
  const role = job.role
  const broken: Node = (state) => work({ ...job, bug: (_, how) => how === 'throws' && job.how === 'throws_deep' }, 'delivery', state)
  const inside = inARow(graphOf(job, { [innerStep(job.drawn)]: broken }), [innerStep(job.drawn)]).compile()
  return inARow(graphOf(job, { [names[role]]: inside as never, [names.delivery]: (state) => state }), [names[role], names.delivery])
}

/** A node whose own agent, a graph that nobody watches, never comes to an end. */
const endless = (job: Job): Graph => {
  const agent = graphOf(job, { turn: () => ({ notes: ['again'] }) })
    .addEdge(START, 'turn' as never)
    .addEdge('turn' as never, 'turn' as never)
    .compile()
  const node: Node = async () => {
    await agent.invoke({} as never, { recursionLimit: 4 + job.drawn.tries })
    return {}
  }
  return rowWith(job, node)
}

/** A person is asked by an interrupt. */
const asking = (job: Job): Graph => {
  const { execution, human: desk, delivery } = namesOf(job)
  const graph = graphOf(job, {
    [execution]: (state) => work(job, 'execution', state),
    [desk]: () => {
      const { decision } = human(job.drawn.person, { type: 'approval', requestId: job.drawn.subject }, () =>
        interrupt<State, { decision: string }>({ asks: job.drawn.subject }),
      )
      if (job.how === 'rejected') throw new Error(`${job.drawn.subject} was rejected: ${job.drawn.reason}`)
      if (decision === 'expired') throw new Error(`${job.drawn.person} did not look at ${job.drawn.subject}`)
      return { decision }
    },
    [delivery]: (state) => work(job, 'delivery', state),
  })
  return inARow(graph, [execution, desk, delivery])
}

const ANSWERS: Partial<Record<How, string>> = { approved: 'approved', denied: 'rejected', rejected: 'rejected', nobody_answers: 'expired' }

const askAndResume = async (job: Job): Promise<void> => {
  const graph = asking(job)
  await invoke(job, graph)
  const decision = ANSWERS[job.how]
  if (decision) await invoke(job, graph, {}, { decision })
}

/** The caller goes away while a node works. */
const abortedRun = async (job: Job): Promise<unknown> => {
  const caller = new AbortController()
  const leave: Node = async () => {
    caller.abort()
    await new Promise((resolve) => setTimeout(resolve, 20))
    return {}
  }
  const graph = rowWith(job, leave)
  return invoke(job, graph, { signal: caller.signal, needs: needsOf(job) })
}

const routed = (job: Job): Graph => {
  const { planning, execution } = namesOf(job)
  const graph = graphOf(job, { [planning]: (state) => work(job, 'planning', state), [execution]: (state) => work(job, 'execution', state) })
  const goal = job.how === 'no_such_branch' ? job.drawn.strangers.execution : END
  return graph.addEdge(START, planning as never).addConditionalEdges(planning as never, (() => goal) as never, [execution, END] as never)
}

/** A pipeline around the graph, which then is a step of it. */
const around = (job: Job, graph: Graph, settings: Settings, then: (result: unknown) => void): Promise<unknown> =>
  pipeline(job.drawn.pipeline, { session: job.drawn.subject }, async () =>
    then(await invoke({ ...job, drawn: { ...job.drawn, pipeline: `${job.drawn.pipeline} graph` } }, graph, settings)),
  )

/** Who judges the way of the work does so from outside. */
const judgedFromOutside = (job: Job): Promise<unknown> => around(job, row(job), { needs: needsOf(job) }, () => audit(job))

/** LangGraph passes over a command that leads nowhere; only who wanted the result misses it. */
const astray = (job: Job): Promise<unknown> => {
  const { planning } = namesOf(job)
  const { strangers, subject, keys } = job.drawn
  const nodes: Nodes = {
    [planning]: () => new Command({ goto: strangers[job.role] }),
    [job.drawn.steps[job.role].name]: (state) => work(job, job.role, state),
  }
  const graph = graphOf(job, nodes, { ends: [job.drawn.steps[job.role].name] }).addEdge(START, planning as never)
  return around(job, graph, {}, () => {
    throw new Error(`${subject} ended without its ${keys[job.role]}`)
  })
}

const SHAPES: Partial<Record<How, (job: Job) => Promise<unknown>>> = {
  never_good: (job) =>
    invoke(
      job,
      round(job, () => false, 3),
    ),
  second_draft: (job) =>
    invoke(
      job,
      round(job, (draft) => draft > 1, 3),
    ),
  loops_within: (job) =>
    invoke(
      job,
      round(job, (draft) => draft >= job.drawn.tries, 99),
    ),
  goes_round_whole: (job) =>
    invoke(
      job,
      round(job, () => false, 99),
      { recursionLimit: 5 + job.drawn.tries },
    ),
  goes_round: (job) => invoke(job, endless(job)),
  branch_throws: (job) => invoke(job, fan(job)),
  sends: (job) => invoke(job, fan(job)),
  commands: (job) => invoke(job, commands(job, false)),
  parent_commands: (job) => invoke(job, commands(job, true)),
  clashes: (job) => invoke(job, clash(job)),
  throws_deep: (job) => invoke(job, inner(job)),
  wrong_way: judgedFromOutside,
  goes_nowhere: astray,
  waits: askAndResume,
  approved: askAndResume,
  denied: askAndResume,
  rejected: askAndResume,
  nobody_answers: askAndResume,
  breakpoint: (job) => invoke(job, row(job), { interruptBefore: [job.drawn.steps[job.role].name] }),
  aborted: abortedRun,
  router_says_no: (job) => invoke(job, routed(job)),
  no_such_branch: (job) => invoke(job, routed(job)),
}

export const runLangGraph = (job: Job): Promise<unknown> =>
  (SHAPES[job.how] ?? ((plain) => invoke(plain, row(plain), { needs: needsOf(plain) })))(job)
