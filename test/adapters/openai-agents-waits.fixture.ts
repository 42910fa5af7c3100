// One process of a run with an approval: `ask` prints the state in which it waits, `answer` goes on from the one that it is given.
import * as agents from '@openai/agents'
import { start } from '@seamtrace/sdk'
import { instrumentOpenAIAgents } from '@seamtrace/sdk/openai-agents'
import OpenAI from 'openai'
import { z } from 'zod'

const [what, state = ''] = process.argv.slice(2)
const seamtrace = start({ service: 'waits', spool: 'off' })
const client = new OpenAI({ baseURL: `${process.env.MODEL_URL}/v1`, apiKey: 'sk-none' })
agents.setDefaultOpenAIClient(client)
agents.setTraceProcessors([])
agents.setTracingDisabled(false)
const { Agent, RunState, run, tool } = instrumentOpenAIAgents(agents, { client })
const refund = tool({
  name: 'refund',
  description: 'Pays money back',
  parameters: z.object({ orderId: z.string() }),
  needsApproval: true,
  execute: async () => 'refunded',
})
const agent = new Agent({ name: 'Support', instructions: 'Help.', model: 'gpt-5', tools: [refund] })
if (what === 'ask') console.log((await run(agent, 'Refund me')).state.toString())
else {
  const waiting = await RunState.fromString(agent, state)
  for (const item of waiting.getInterruptions()) waiting.approve(item)
  await run(agent, waiting)
}
await seamtrace.shutdown()
