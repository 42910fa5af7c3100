// Under which keys the conventions tell tokens, cost and service tier of a call. The first key of a list that a span has counts.

export const USAGE_KEYS = {
  input: [
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.prompt_tokens',
    'llm.token_count.prompt',
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
    'ai.usage.tokens',
    'llm.usage.prompt_tokens',
    'input_tokens',
  ],
  output: [
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.completion_tokens',
    'llm.token_count.completion',
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
    'llm.usage.completion_tokens',
    'output_tokens',
  ],
  total: ['gen_ai.usage.total_tokens', 'llm.usage.total_tokens', 'llm.token_count.total', 'ai.usage.totalTokens'],
  cacheRead: [
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'gen_ai.usage.cache_read_tokens',
    'gen_ai.usage.cached_input_tokens',
    'gen_ai.usage.input_cached_tokens',
    'gen_ai.usage.input_tokens.cached',
    'gen_ai.usage.cached_content_token_count',
    'gen_ai.usage.details.cache_read_tokens',
    'gen_ai.usage.details.cache_read_input_tokens',
    'gen_ai.usage.details.cached_tokens',
    'gen_ai.usage.details.cached_content_tokens',
    'llm.token_count.prompt_details.cache_read',
    'llm.token_count.cache_read',
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'ai.usage.cachedInputTokens',
    'cache_read_tokens',
  ],
  cacheWrite: [
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
    'gen_ai.usage.cache_write_input_tokens',
    'gen_ai.usage.cache_write_tokens',
    'gen_ai.usage.details.cache_write_tokens',
    'gen_ai.usage.details.cache_creation_input_tokens',
    'llm.token_count.prompt_details.cache_write',
    'llm.token_count.cache_write',
    'ai.usage.inputTokenDetails.cacheWriteTokens',
    'cache_creation_tokens',
  ],
  cacheWrite1h: ['gen_ai.usage.cache_creation.ephemeral_1h_input_tokens', 'gen_ai.usage.details.ephemeral_1h_input_tokens'],
  reasoning: [
    'gen_ai.usage.reasoning.output_tokens',
    'gen_ai.usage.reasoning_tokens',
    'gen_ai.usage.output_tokens.reasoning',
    'gen_ai.usage.thoughts_token_count',
    'gen_ai.usage.details.reasoning_tokens',
    'gen_ai.usage.details.thoughts_tokens',
    'llm.token_count.completion_details.reasoning',
    'ai.usage.outputTokenDetails.reasoningTokens',
    'ai.usage.reasoningTokens',
  ],
  /** what a vendor's own tools put into the prompt, which Gemini counts beside it */
  toolPrompt: ['gen_ai.usage.tool_use_prompt_token_count', 'gen_ai.usage.details.tool_use_prompt_tokens'],
  audioInput: ['gen_ai.usage.audio.input_tokens', 'gen_ai.usage.details.input_audio_tokens', 'llm.token_count.prompt_details.audio'],
  audioOutput: ['gen_ai.usage.audio.output_tokens', 'gen_ai.usage.details.output_audio_tokens', 'llm.token_count.completion_details.audio'],
  /** what the answer says counts; what was asked for may not have been granted */
  serviceTier: [
    'seamtrace.call.service_tier',
    'openai.response.service_tier',
    'gen_ai.openai.response.service_tier',
    'gen_ai.response.service_tier',
    'openai.request.service_tier',
    'gen_ai.openai.request.service_tier',
    'gen_ai.request.service_tier',
  ],
  cost: [
    'seamtrace.cost.amount',
    'gen_ai.usage.cost.amount',
    'gen_ai.usage.cost',
    'operation.cost',
    'llm.cost.total',
    // of Claude Code, in its log records
    'cost_usd',
  ],
  currency: ['seamtrace.cost.currency', 'gen_ai.usage.cost.currency'],
  /** JSON in which LangSmith tells what its tokens were */
  inputDetails: ['gen_ai.usage.input_token_details'],
  outputDetails: ['gen_ai.usage.output_token_details'],
  /** JSON of all that LangChain knows of them, which LangSmith hands on */
  usageMetadata: ['langsmith.metadata.usage_metadata'],
  /** JSON in which the AI SDK before 6 tells what only one provider knows, cache writes among it */
  providerMetadata: ['ai.response.providerMetadata'],
  /** JSON of the whole answer, in which alone ADK tells cached, thinking and tool tokens */
  adkResponse: ['gcp.vertex.agent.llm_response'],
} as const satisfies Record<string, readonly string[]>

export type UsageField = keyof typeof USAGE_KEYS
