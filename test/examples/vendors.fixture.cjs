// The examples of the vendors' clients as a program in CommonJS that knows nothing of Seamtrace. VENDOR tells which.
const question = 'Summarize: "My parcel came on Tuesday." "Mine too, a day late."'
const baseURL = process.env.MODEL_URL

const vendors = {
  anthropic: async () => {
    const { Anthropic } = require('@anthropic-ai/sdk')
    const messages = [{ role: 'user', content: question }]
    const reply = await new Anthropic({ apiKey: 'local', baseURL }).messages.create({ model: 'claude-opus-4-5', max_tokens: 200, messages })
    return reply.content[0].text
  },
  openai: async () => {
    const OpenAI = require('openai')
    const messages = [{ role: 'user', content: question }]
    const client = new OpenAI({ apiKey: 'local', baseURL: `${baseURL}/v1` })
    return (await client.chat.completions.create({ model: 'gpt-4.1-mini', messages })).choices[0].message.content
  },
  bedrock: async () => {
    const { BedrockRuntimeClient, ConverseCommand } = require('@aws-sdk/client-bedrock-runtime')
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    const client = new BedrockRuntimeClient({ region: 'eu-central-1', endpoint: baseURL, credentials })
    const messages = [{ role: 'user', content: [{ text: question }] }]
    const { output } = await client.send(new ConverseCommand({ modelId: 'anthropic.claude-3-5-haiku-20241022-v1:0', messages }))
    return output.message.content[0].text
  },
}

vendors[process.env.VENDOR]().then(console.log)
