// OpenAI Agents: triage hands over to support, whose refund waits for an approval; then the run goes on from its state.
import * as agents from '@openai/agents'
import { start } from '@seamtrace/sdk'
import { instrumentOpenAIAgents } from '@seamtrace/sdk/openai-agents'
import OpenAI from 'openai'
import { z } from 'zod'

const seamtrace = start({ service: 'openai-agents' })
const client = new OpenAI({ baseURL: `${process.env.MODEL_URL}/v1`, apiKey: 'sk-none' })
const { Agent, Runner, RunState, setDefaultOpenAIClient, tool } = instrumentOpenAIAgents(agents, { client })
setDefaultOpenAIClient(client)

const refund = tool({
  name: 'refund',
  description: 'Pays money back',
  parameters: z.object({ orderId: z.string() }),
  needsApproval: true,
  execute: async ({ orderId }) => `${orderId} refunded`,
})
const support = new Agent({ name: 'support', instructions: 'Help.', model: 'gpt-5', tools: [refund] })
const triage = new Agent({ name: 'triage', instructions: 'Route.', model: 'gpt-5', handoffs: [support] })

const runner = new Runner({ workflowName: 'refund-desk' })
const asked = await runner.run(triage, 'I want my money back for A-17')

// what a person sees and answers, perhaps the next day and in another process
const state = await RunState.fromString(triage, asked.state.toString())
for (const request of state.getInterruptions()) state.approve(request)
const result = await runner.run(triage, state)

console.log(result.finalOutput)
await seamtrace.shutdown()
