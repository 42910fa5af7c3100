// OpenAI's client, which register lets report its calls.
import { serveOpenAIChat } from '../../examples/src/fakes/openai-chat.ts'
import { testVendor } from './vendors.suite.ts'

testVendor({
  vendor: 'openai',
  serveBusy: () => serveOpenAIChat(1),
  call: { model: 'gpt-4.1-mini-2025-04-14', provider: 'openai', inputTokens: 250, outputTokens: 12 },
  requests: ['503', ''],
})
