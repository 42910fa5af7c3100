// The workflows that n8n runs, as its editor exports them: what a user draws, with only what differs from the defaults.

type Node = {
  id: string
  name: string
  type: string
  typeVersion: number
  position: [number, number]
  parameters: Record<string, unknown>
  credentials?: Record<string, { id: string; name: string }>
  retryOnFail?: boolean
  maxTries?: number
  waitBetweenTries?: number
  onError?: 'continueRegularOutput'
}
type Target = { node: string; type: string; index: number }
type Connections = Record<string, Record<string, Target[][]>>
export type Workflow = { id: string; name: string; nodes: Node[]; connections: Connections; settings: object; active: boolean }

const node = (name: string, type: string, typeVersion: number, parameters: Node['parameters'], more: Partial<Node> = {}): Node => ({
  id: name.toLowerCase().replaceAll(' ', '-'),
  name,
  type,
  typeVersion,
  position: [0, 0],
  parameters,
  ...more,
})

const webhook = (path: string, responseMode: 'lastNode' | 'onReceived' = 'lastNode'): Node =>
  node('Webhook', 'n8n-nodes-base.webhook', 2, { path, responseMode }, { webhookId: path } as Partial<Node>)
const fetchOrder = (url: string, more: Partial<Node> = {}): Node =>
  node('Fetch order', 'n8n-nodes-base.httpRequest', 4.2, { url: `${url}/orders/A-17` }, more)
const set = (name: string): Node =>
  node(name, 'n8n-nodes-base.set', 3.4, { assignments: { assignments: [{ id: 'a', name: 'done', value: true, type: 'boolean' }] } })

/** Each node to the next. */
const inRow = (...names: string[]): Connections =>
  Object.fromEntries(names.slice(0, -1).map((name, at) => [name, { main: [[{ node: names[at + 1] ?? '', type: 'main', index: 0 }]] }]))

const workflow = (id: string, name: string, nodes: Node[], connections: Connections): Workflow => ({
  id: id.padStart(16, '0'),
  name,
  nodes,
  connections,
  settings: { executionOrder: 'v1' },
  active: false,
})

const supportAgent = (url: string): Workflow => {
  const agent = node('Support agent', '@n8n/n8n-nodes-langchain.agent', 2.2, {
    promptType: 'define',
    text: 'Where is order A-17?',
    options: {},
  })
  const model = node(
    'OpenAI',
    '@n8n/n8n-nodes-langchain.lmChatOpenAi',
    1.2,
    { model: { __rl: true, mode: 'id', value: 'gpt-4.1-mini' }, options: { maxRetries: 0 } },
    { credentials: { openAiApi: { id: 'openai0000000000', name: 'OpenAI' } } },
  )
  const tool = node('get_order', 'n8n-nodes-base.httpRequestTool', 4.2, {
    toolDescription: 'Looks up the order A-17',
    url: `${url}/orders/A-17`,
    options: {},
  })
  return workflow('1', 'Answer ticket', [webhook('agent'), agent, model, tool], {
    ...inRow('Webhook', 'Support agent'),
    OpenAI: { ai_languageModel: [[{ node: 'Support agent', type: 'ai_languageModel', index: 0 }]] },
    get_order: { ai_tool: [[{ node: 'Support agent', type: 'ai_tool', index: 0 }]] },
  })
}

const lookUp = (id: string, path: string, url: string, more: Partial<Node>): Workflow =>
  workflow(id, 'Look up order', [webhook(path), fetchOrder(url, more), set('Answer')], inRow('Webhook', 'Fetch order', 'Answer'))

const approval = (url: string): Workflow => {
  const ask = node('Ask approver', 'n8n-nodes-base.httpRequest', 4.2, {
    method: 'POST',
    url: `${url}/ask`,
    sendBody: true,
    bodyParameters: { parameters: [{ name: 'resume', value: '={{ $execution.resumeUrl }}' }] },
  })
  const wait = node('Wait for approval', 'n8n-nodes-base.wait', 1.1, { resume: 'webhook', options: {} }, {
    webhookId: 'approval-wait',
  } as Partial<Node>)
  const nodes = [webhook('approval', 'onReceived'), ask, wait, set('Pay')]
  return workflow('5', 'Approve refund', nodes, inRow('Webhook', 'Ask approver', 'Wait for approval', 'Pay'))
}

const parallel = (): Workflow => {
  const merge = node('Merge', 'n8n-nodes-base.merge', 3.2, {})
  const to = (name: string, index = 0): Target => ({ node: name, type: 'main', index })
  return workflow('6', 'Check order', [webhook('parallel'), set('Check stock'), set('Check price'), merge], {
    Webhook: { main: [[to('Check stock'), to('Check price')]] },
    'Check stock': { main: [[to('Merge')]] },
    'Check price': { main: [[to('Merge', 1)]] },
  })
}

/** The same nodes, each after the other; the last takes what comes in twice. */
const sequence = (): Workflow => {
  const merge = node('Merge', 'n8n-nodes-base.merge', 3.2, {})
  const twice = [0, 1].map((index): Target => ({ node: 'Merge', type: 'main', index }))
  return workflow('7', 'Check order', [webhook('sequence'), set('Check price'), set('Check stock'), merge], {
    ...inRow('Webhook', 'Check price', 'Check stock'),
    'Check stock': { main: [twice] },
  })
}

/** @param url where the order service and the approver listen */
export const workflowsFor = (url: string): Workflow[] => [
  supportAgent(url),
  lookUp('2', 'retrying', url, { retryOnFail: true, maxTries: 3, waitBetweenTries: 50 }),
  lookUp('3', 'plain', url, {}),
  lookUp('4', 'careless', url, { onError: 'continueRegularOutput' }),
  approval(url),
  parallel(),
  sequence(),
]
