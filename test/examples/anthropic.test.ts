// Anthropic's client, whose own spans are sent, with those of its HTTP requests below.
import { serveAnthropic } from '../../examples/src/fakes/anthropic.ts'
import { testVendor } from './vendors.suite.ts'

testVendor({
  vendor: 'anthropic',
  serveBusy: () => serveAnthropic(1),
  call: { model: 'claude-opus-4-5', provider: 'anthropic', inputTokens: 250, outputTokens: 12 },
  requests: ['529', ''],
})
