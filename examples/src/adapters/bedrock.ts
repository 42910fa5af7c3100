// Amazon Bedrock, through OpenTelemetry's instrumentation of the AWS SDK: node --import @seamtrace/sdk/register bedrock.ts
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { pipeline, step } from '@seamtrace/sdk'

const bedrock = new BedrockRuntimeClient({
  region: 'eu-central-1',
  // a local model needs no account
  ...(process.env.MODEL_URL && { endpoint: process.env.MODEL_URL, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
})

const summary = await pipeline('complaints', () =>
  step('summarize', { layer: 'execution' }, async () => {
    const { output } = await bedrock.send(
      new ConverseCommand({
        modelId: 'anthropic.claude-3-5-haiku-20241022-v1:0',
        messages: [{ role: 'user', content: [{ text: 'Summarize: "My parcel came on Tuesday." "Mine too, a day late."' }] }],
      }),
    )
    return output?.message?.content?.[0]?.text ?? ''
  }),
)
console.log(summary)
