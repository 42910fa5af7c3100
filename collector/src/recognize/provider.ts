// Who made a model's answer, by one name each: emitters write the same provider in several ways, and some name a framework instead.
import type { Attributes } from '@seamtrace/schema'
import { textAt } from './emitter.ts'

const FRAMEWORKS = [
  'langchain',
  'langgraph',
  'autogen',
  'crewai',
  'gcp.vertex.agent',
  'microsoft.agent_framework',
  'vercel',
  'mastra',
  'openai_agents',
]

/** Values before OpenTelemetry 1.37, of Traceloop (in capitals) and of the AI SDK (`openai.chat`). */
const CANONICAL: Record<string, readonly string[]> = {
  openai: ['OpenAI', 'openai.chat', 'openai.responses', 'openai.completion', 'openai.embedding', 'openai.embeddings'],
  anthropic: ['Anthropic', 'anthropic.messages'],
  'gcp.gemini': ['gemini', 'google', 'Google', 'google.generative-ai', 'google_genai', 'Gemini'],
  'gcp.vertex_ai': ['vertex_ai', 'vertexai', 'VertexAI', 'google.vertex', 'google.vertex.chat', 'google_vertexai'],
  'azure.ai.openai': ['az.ai.openai', 'azure', 'Azure', 'azure_openai', 'azure-openai.chat', 'azure.chat', 'azure.responses'],
  'azure.ai.inference': ['az.ai.inference'],
  'aws.bedrock': ['bedrock', 'aws_bedrock', 'AWS', 'amazon-bedrock', 'amazon_bedrock', 'bedrock_converse'],
  cohere: ['Cohere', 'cohere.chat'],
  mistral_ai: ['mistral', 'mistralai', 'MistralAI', 'mistral.chat'],
  x_ai: ['xai', 'xai.chat', 'xai.responses'],
  groq: ['Groq', 'groq.chat'],
  deepseek: ['DeepSeek', 'deepseek.chat'],
  perplexity: ['Perplexity'],
}

const PROVIDERS = new Map<string, string>([
  ...FRAMEWORKS.map((framework) => [framework, ''] as const),
  ...Object.entries(CANONICAL).flatMap(([provider, others]) => others.map((other) => [other, provider] as const)),
])

/** The first of the keys that names a provider. */
export const providerOf = (attributes: Attributes, keys: readonly string[]): string => {
  for (let index = 0; index < keys.length; index++) {
    const text = textAt(attributes, keys[index] as string)
    const provider = text === '' ? '' : (PROVIDERS.get(text) ?? text)
    if (provider !== '') return provider
  }
  return ''
}
