// Amazon Bedrock, through OpenTelemetry's instrumentation of the AWS SDK; its requests are HTTP/2, so their number is all that is told.
import { serveBedrock } from '../../examples/src/fakes/bedrock.ts'
import { testVendor } from './vendors.suite.ts'

testVendor({
  vendor: 'bedrock',
  serveBusy: () => serveBedrock(1),
  call: { model: 'anthropic.claude-3-5-haiku-20241022-v1:0', provider: 'aws.bedrock', inputTokens: 250, outputTokens: 12 },
  requests: [],
})
